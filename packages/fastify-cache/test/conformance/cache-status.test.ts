// What the cache says of itself (RFC 9211): the table's rows of topic cache-status. Parameters are compared, not their order.
import { expect } from 'vitest';
import { requirementsOf } from './support/requirement.ts';
import type { Answer } from './support/client.ts';

const requirement = requirementsOf('cache-status');
const FRESH = { 'cache-control': 'max-age=60' };

/** The last member of the field, as parameters; its own name stands under ''. */
function member(answer: Answer): Record<string, string> {
  const last = (answer.headers['cache-status'] ?? '').split(',').at(-1)!.trim();
  return Object.fromEntries(
    last.split(';').map((part, i) => {
      const [name = '', value = ''] = part.trim().split('=');
      return i === 0 ? ['', name] : [name, value];
    }),
  );
}

requirement('9211-2-a', async (stage) => {
  const page = stage
    .resource()
    .responds({ headers: { ...FRESH, 'cache-status': ['first; hit', '"second"; fwd=miss'] } });
  for (const answer of [await page.get(), await page.get()]) {
    const value = answer.headers['cache-status']!;
    expect(value).toMatch(/^first; ?hit, ?"second"; ?fwd=miss, ?catzilla;/);
    expect(member(answer)['']).toBe('catzilla');
  }
  expect(page.runs).toBe(1);
});

requirement('9211-2.1-a', async (stage) => {
  const page = stage.resource().responds({ headers: { ...FRESH, etag: '"a"' } });
  const miss = member(await page.get());
  expect([miss['fwd'], miss['hit']]).toEqual(['uri-miss', undefined]);
  const hit = member(await page.get());
  expect([hit['fwd'], hit['hit']]).toEqual([undefined, '']);
  const notModified = await page.get({ 'if-none-match': '"a"' });
  expect([notModified.status, member(notModified)['hit']]).toEqual([304, '']);
});

requirement('9211-2.2-a', async (stage) => {
  const page = stage.resource().responds({ headers: { ...FRESH, vary: 'x-a' } });
  expect(member(await page.get({ 'x-a': '1' }))['fwd']).toBe('uri-miss');
  expect(member(await page.get({ 'x-a': '2' }))['fwd']).toBe('vary-miss');
  const plain = stage.resource().responds({ headers: FRESH });
  await plain.get();
  stage.pass(61);
  expect(member(await plain.get())['fwd']).toBe('stale');
  const guarded = stage.resource().responds({ headers: { ...FRESH } });
  expect(member(await guarded.get({ 'if-match': '"a"' }))['fwd']).toBe('bypass');
});

requirement('9211-2.3-a', async (stage) => {
  const page = stage
    .resource()
    .responds({ headers: { ...FRESH, etag: '"a"' } }, { status: 304, headers: { etag: '"a"' } });
  await page.get();
  stage.pass(61);
  const answer = await page.get();
  expect(answer.status).toBe(200);
  const { fwd, 'fwd-status': fwdStatus } = member(answer);
  expect([fwd, fwdStatus]).toEqual(['stale', '304']);
});

requirement('9211-2.4-a', async (stage) => {
  const page = stage
    .resource()
    .responds({ headers: { 'cache-control': 'max-age=60, stale-while-revalidate=60' } });
  await page.get();
  stage.pass(20);
  expect(member(await page.get())['ttl']).toBe('40');
  stage.pass(43);
  const stale = member(await page.get());
  expect([stale['hit'], stale['ttl'], stale['fwd']]).toEqual(['', '-3', undefined]);
});

requirement('9211-2.5-a', async (stage) => {
  const kept = stage.resource().responds({ headers: FRESH });
  expect(member(await kept.get())['stored']).toBe('');
  const refused = stage.resource().responds({ headers: { 'cache-control': 'no-store' } });
  expect(member(await refused.get())['stored']).toBe('?0');
});

requirement('9211-2-b', async (stage) => {
  const page = stage.resource().responds({ headers: FRESH });
  const answer = await page.get({ 'cache-control': 'only-if-cached' });
  expect([answer.status, answer.headers['cache-status']]).toEqual([504, undefined]);
});
