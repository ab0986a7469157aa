// The program in the guide to route groups is run as it stands there, from the built package.
import { expect, test } from 'vitest';
import { runProgram } from '../support/run-program.ts';

test('the guide to route groups: guards and tags are those that the guide names', async () => {
  const url = await runProgram('route-groups.md');
  const ask = async (path: string, headers: Record<string, string> = { 'x-key': 'secret' }) => {
    const answer = await fetch(`${url}${path}`, { headers });
    return {
      status: answer.status,
      control: answer.headers.get('cache-control'),
      body: await answer.json(),
    };
  };
  expect(await ask('/health', {})).toMatchObject({ status: 200, control: null });
  for (const path of ['/admin', '/admin/users/7', '/admin/version', '/admin/audit/log']) {
    expect((await ask(path, {})).status).toBe(401);
  }
  expect((await ask('/admin/')).body).toEqual({ page: 'overview' });
  expect((await ask('/admin/users/7')).body).toEqual({ user: '7' });
  expect((await ask('/admin/version')).body).toEqual({ version: '1.4.2' });
  expect(await ask('/admin/audit/log')).toEqual({
    status: 200,
    control: 'no-store',
    body: { entries: [], tags: ['admin', 'audit'] },
  });
});
