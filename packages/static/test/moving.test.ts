// Files that change while they are read or sent: framed as what they are, and promised to nobody.
import { truncateSync, utimesSync, writeFileSync } from 'node:fs';
import type * as Promises from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { closeApps, listen, raw, serve } from './support/app.ts';
import { folderOf, removeFolders, settled, write } from './support/folder.ts';

/** Called with each file after it was looked at for the first time, before it is read. */
let meanwhile: (path: string) => void = () => undefined;

vi.mock(import('node:fs/promises'), async (original) => {
  const module = await original();
  const open = async (...args: Parameters<typeof Promises.open>) => {
    const handle = await module.open(...args);
    const { stat } = handle;
    let looks = 0;
    handle.stat = (async (options: never) => {
      const stats: unknown = await stat.call(handle, options);
      if (++looks === 1) meanwhile(String(args[0]));
      return stats;
    }) as typeof stat;
    return handle;
  };
  return { ...module, open };
});

afterEach(closeApps);
afterEach(() => {
  vi.useRealTimers();
  meanwhile = () => undefined;
});
afterAll(removeFolders);

const text = 'a file that does not hold still. '.repeat(100);
const YEAR = 'public, max-age=31536000, immutable';

it.each([
  ['cut', (path: string) => truncateSync(path, 100), text.slice(0, 100)],
  ['written over', (path: string) => writeFileSync(path, 'x'.repeat(text.length)), undefined],
])(
  'a file that is %s while it is read is sent as it was found, and not kept',
  async (_, change, body) => {
    const root = folderOf({ 'a.3f2a9c1b.js': text });
    await settled(root, 'a.3f2a9c1b.js');
    const app = await serve({ root });
    meanwhile = change;
    const answer = await app.inject('/a.3f2a9c1b.js');
    expect(answer.headers['content-length']).toBe(String(answer.rawPayload.length));
    expect(answer.body).toBe(body ?? 'x'.repeat(text.length));
    expect(answer.headers['cache-control']).toBe('public, max-age=0');
    expect(app.static.stats().files).toBe(0);
  },
);

it('many who ask meanwhile cause two reads, not one after the other', async () => {
  const root = folderOf({ 'a.txt': text });
  await settled(root, 'a.txt');
  const app = await serve({ root });
  let turn = 0;
  meanwhile = (path) => writeFileSync(path, String(turn++).repeat(text.length));
  await Promise.all(Array.from({ length: 20 }, () => app.inject('/a.txt')));
  expect(app.static.stats().reads).toBeLessThanOrEqual(2);
});

it.each(['small', 'large'])(
  'what was written a moment ago is kept by nobody, whatever its name says: %s',
  async (size) => {
    const root = folderOf({});
    const app = await serve({ root, maxFileBytes: size === 'small' ? 1_000_000 : 100 });
    await app.ready();
    // Time stands: on a busy machine it would be older when it is asked for.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    writeFileSync(join(root, 'app.3f2a9c1b.js'), text);
    const { headers } = await app.inject('/app.3f2a9c1b.js');
    vi.useRealTimers();
    expect(headers['cache-control']).toBe('public, max-age=0');
    await settled(root, 'app.3f2a9c1b.js');
    expect((await app.inject('/app.3f2a9c1b.js')).headers['cache-control']).toBe(YEAR);
  },
);

it('a file that streams ends its connection: were it cut, the next answer would be taken for its rest', async () => {
  const root = folderOf({ 'big.txt': text, 'small.txt': 'x' });
  const app = await serve({ root, maxFileBytes: 100 });
  const port = await listen(app);
  const answer = await fetch(`http://127.0.0.1:${port}/big.txt`);
  expect(await answer.text()).toBe(text);
  expect(answer.headers.get('connection')).toBe('close');
  expect((await app.inject('/small.txt')).headers['connection']).not.toBe('close');
});

it('a file that streams is never said to be current when it was changed, with its old time put back', async () => {
  const root = folderOf({ 'big.txt': text });
  await settled(root, 'big.txt');
  const time = new Date(1_700_000_000_000);
  utimesSync(join(root, 'big.txt'), time, time);
  const app = await serve({ root, maxFileBytes: 100 });
  const { etag } = (await app.inject('/big.txt')).headers;
  const ask = (): Promise<number> =>
    app
      .inject({ url: '/big.txt', headers: { 'if-none-match': String(etag) } })
      .then((answer) => answer.statusCode);
  expect(await ask()).toBe(304);
  write(root, 'big.txt', text.replaceAll('a', 'b'));
  utimesSync(join(root, 'big.txt'), time, time);
  expect(await ask()).toBe(200);
  const match = { 'if-match': '"x"' };
  const refused = await app.inject({ url: '/big.txt', headers: match });
  expect([refused.statusCode, refused.headers['cache-control']]).toEqual([412, undefined]);
});

it('a time that is to come is no sign of a change', async () => {
  const root = folderOf({ 'a.txt': text });
  const later = new Date(Date.now() + 86_400_000);
  utimesSync(join(root, 'a.txt'), later, later);
  await settled(root, 'a.txt');
  const app = await serve({ root });
  await app.inject('/a.txt');
  expect(app.static.stats().files).toBe(1);
});

it('the answer is whole on a raw socket, too', async () => {
  const root = folderOf({ 'a.txt': text });
  await settled(root, 'a.txt');
  const app = await serve({ root });
  meanwhile = (path) => truncateSync(path, 50);
  const answer = await raw(await listen(app), '/a.txt');
  expect(answer).toContain('\r\ncontent-length: 50\r\n');
  expect(answer.endsWith(`\r\n\r\n${text.slice(0, 50)}`)).toBe(true);
});
