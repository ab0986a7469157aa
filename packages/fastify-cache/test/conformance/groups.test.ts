// Groups of responses, and their invalidation (RFC 9875): the table's rows of topic groups.
import { expect } from 'vitest';
import { requirementsOf } from './support/requirement.ts';
import type { Resource, Stage } from './support/stage.ts';

const requirement = requirementsOf('groups');
const FRESH = { 'cache-control': 'max-age=3600' };

/** A stored response of some groups. */
async function member(stage: Stage, groups: string, host = 'app.test'): Promise<Resource> {
  const page = stage.resource().responds({ headers: { ...FRESH, 'cache-groups': groups } });
  await page.get({ host });
  return page;
}

/** An answer on another URL that names groups to invalidate. */
async function invalidate(
  stage: Stage,
  groups: string,
  { method = 'POST', status = 200 }: { method?: string; status?: number } = {},
): Promise<void> {
  const headers = { 'cache-group-invalidation': groups };
  await stage.resource().responds({ status, headers }).ask({ method });
}

async function isGone(page: Resource, host = 'app.test'): Promise<boolean> {
  const { runs } = page;
  await page.get({ host });
  return page.runs > runs;
}

requirement('9875-3-a', async (stage) => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const [a, both, other] = [
      await member(stage, '"a"'),
      await member(stage, '"b", "a"'),
      await member(stage, '"b"'),
    ];
    await invalidate(stage, '"a", "x"', { method });
    expect([await isGone(a), await isGone(both), await isGone(other)]).toEqual([true, true, false]);
  }
  const page = await member(stage, '"a"');
  await invalidate(stage, '"a"', { status: 303 });
  expect(await isGone(page)).toBe(true);
});

requirement('9875-3-b', async (stage) => {
  const page = await member(stage, '"a"');
  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    await invalidate(stage, '"a"', { method });
    expect([method, await isGone(page)]).toEqual([method, false]);
  }
});

requirement('9875-2.1-a', async (stage) => {
  const other = await member(stage, '"a"', 'other.test');
  const own = await member(stage, '"a"');
  await invalidate(stage, '"a"');
  expect([await isGone(other, 'other.test'), await isGone(own)]).toEqual([false, true]);
});

requirement('9875-2.1-b', async (stage) => {
  const [upper, longer] = [await member(stage, '"A"'), await member(stage, '"ab"')];
  const same = await member(stage, '"a";x=1');
  await invalidate(stage, '"a";y');
  expect([await isGone(upper), await isGone(longer), await isGone(same)]).toEqual([
    false,
    false,
    true,
  ]);
});

requirement('9875-2-a', async (stage) => {
  const names = Array.from({ length: 32 }, (_, i) => `"${String(i).padStart(32, 'g')}"`);
  const page = await member(stage, names.join(', '));
  await invalidate(stage, names[31]!);
  expect(await isGone(page)).toBe(true);
  const [last, first] = [await member(stage, names[31]!), await member(stage, names[0]!)];
  await invalidate(stage, names.join(', '));
  expect([await isGone(last), await isGone(first)]).toEqual([true, true]);
});

requirement('9875-2.2.1-a', async (stage) => {
  const [both, other] = [await member(stage, '"a", "b"'), await member(stage, '"b"')];
  await invalidate(stage, '"a"');
  expect([await isGone(other), await isGone(both)]).toEqual([false, true]);
});

requirement('9875-3-c', async (stage) => {
  for (const status of [400, 404, 500]) {
    const page = await member(stage, '"a"');
    await invalidate(stage, '"a"', { status });
    expect([status, await isGone(page)]).toEqual([status, false]);
  }
});
