// With any plugin beside it, before or after it, the cache answers the same in 'auto' and 'send', byte for byte, and what
// the application would answer without it, but for what a cache adds: Age, Cache-Status, an ETag where there was none,
// names in Vary, a length where there was a stream, and conditions and ranges that the handler does not know.
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { build, clientOf, COMBINATIONS, ORDERS } from '../support/plugins.ts';
import type { Answer, Combination, Order } from '../support/plugins.ts';

// Only Date: sockets and timers stay real.
beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 }));
afterEach(() => vi.useRealTimers());

interface Step {
  readonly name: string;
  readonly method: 'GET' | 'HEAD';
  readonly isHit: boolean;
  fields(etag: string | undefined): Record<string, string>;
  /** The handler alone may answer it otherwise. */
  readonly isOfCache: boolean;
}

const none = (): Record<string, string> => ({});
const german = (): Record<string, string> => ({ 'accept-language': 'de' });
const range = (): Record<string, string> => ({ range: 'bytes=2-5' });
const condition = (etag: string | undefined): Record<string, string> => ({
  'if-none-match': etag ?? '*',
});

const SCRIPT: readonly Step[] = [
  { name: 'a miss', method: 'GET', isHit: false, fields: none, isOfCache: false },
  { name: 'a hit', method: 'GET', isHit: true, fields: none, isOfCache: false },
  { name: 'a condition', method: 'GET', isHit: true, fields: condition, isOfCache: true },
  { name: 'a HEAD', method: 'HEAD', isHit: true, fields: none, isOfCache: false },
  { name: 'a range', method: 'GET', isHit: true, fields: range, isOfCache: true },
  { name: 'another variant', method: 'GET', isHit: false, fields: german, isOfCache: false },
  { name: 'its hit', method: 'GET', isHit: true, fields: german, isOfCache: false },
  { name: 'the first again', method: 'GET', isHit: true, fields: none, isOfCache: false },
];

// A second passes between any two, so that Age is not always the same.
async function play(app: FastifyInstance, combination: Combination): Promise<Answer[]> {
  vi.setSystemTime(1_700_000_000_000);
  const client = clientOf(app);
  const path = combination.target ?? '/page';
  const own = combination.fields?.(app) ?? {};
  const answers: Answer[] = [];
  for (const { method, fields } of SCRIPT) {
    const etag = answers[0]?.fields['etag'];
    answers.push(await client(method, path, { ...own, ...fields(etag) }));
    vi.setSystemTime(Date.now() + 1_000);
  }
  return answers;
}

// What the cache may change. Date is that of the stored response; a connection to a proxy's upstream is none of the hit.
const CHANGED = new Set([
  'age',
  'cache-status',
  'connection',
  'content-length',
  'date',
  'etag',
  'keep-alive',
  'transfer-encoding',
  'vary',
]);

function essence({ status, fields, body }: Answer, method: string): object {
  const isCoded = fields['content-encoding'] === 'gzip';
  // @fastify/compress does not look at HEAD; a hit says of it what it says of GET, as RFC 9110 9.3.2 has it.
  const others = Object.entries(fields).filter(
    ([name]) => !CHANGED.has(name) && !(method === 'HEAD' && name === 'content-encoding'),
  );
  const plain = isCoded && method === 'GET' ? gunzipSync(body) : body;
  return { status, body: plain.toString(), fields: Object.fromEntries(others.sort()) };
}

const varyOf = ({ fields }: Answer): string[] =>
  (fields['vary'] ?? '').toLowerCase().split(/ *, */).filter(Boolean);

async function expectEqual(combination: Combination, order: Order): Promise<void> {
  const make = (cache: object | undefined) => build({ combination, order, cache } as never);
  const app = await make({ mode: 'auto' });
  const auto = await play(app, combination);
  const { answers } = app.cache.stats();
  const ways = (['raw', 'head', 'send'] as const).filter((way) => answers[way] > 0);
  const send = await play(await make({ mode: 'send' }), combination);
  const plain = await play(await make(undefined), combination);
  const isStored = combination.stores.includes(order);
  // A HEAD takes the way by head, where it need not take that by send.
  const expected = combination.way === 'raw' ? ['raw', 'head'] : [combination.way];
  expect(ways).toEqual(isStored ? expected : []);
  for (const [i, { name, method, isHit, isOfCache }] of SCRIPT.entries()) {
    const [one, other, without] = [auto[i]!, send[i]!, plain[i]!];
    if (isStored) expect(other, `${name}: auto and send`).toEqual(one);
    else expect(essence(other, method), `${name}: auto and send`).toEqual(essence(one, method));
    const status = one.fields['cache-status'] ?? '';
    if (!isStored) {
      expect(status, name).toBe('');
      expect(one.fields['age'], name).toBeUndefined();
    } else if (isHit || (combination.isSame === true && i > 0))
      expect(status, name).toContain('catzilla; hit');
    else expect(status, name).toContain('; stored');
    if (!isOfCache || !isStored) {
      expect(essence(one, method), `${name}: without a cache`).toEqual(essence(without, method));
    }
    expect(varyOf(one), `${name}: Vary`).toEqual(expect.arrayContaining(varyOf(without)));
    if (without.fields['etag'] !== undefined && without.status === one.status) {
      expect(one.fields['etag']?.replace('W/', '')).toBe(without.fields['etag'].replace('W/', ''));
    }
  }
}

for (const combination of COMBINATIONS) {
  describe(combination.name, () => {
    for (const order of ORDERS) {
      const stored = combination.stores.includes(order) ? 'as hits' : 'as if there were no cache';
      it(`registered ${order} the cache is answered ${stored}, the same in 'auto' and 'send'`, async () => {
        await expectEqual(combination, order);
      });
    }
  });
}
