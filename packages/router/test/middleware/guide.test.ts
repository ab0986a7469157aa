// The program in the guide to middleware is run as it stands there, from the built package.
import { expect, test } from 'vitest';
import { runProgram } from '../support/run-program.ts';

test('the guide to middleware: who is let in, who is not, and what is measured', async () => {
  const url = await runProgram('middleware.md');
  const ask = async (path: string, authorization?: string) => {
    const answer = await fetch(`${url}${path}`, {
      headers: authorization === undefined ? {} : { authorization },
    });
    return {
      status: answer.status,
      isTimed: /^\d+\.\d$/.test(answer.headers.get('x-took') ?? ''),
      body: await answer.text(),
    };
  };
  expect(await ask('/health')).toEqual({ status: 200, isTimed: false, body: 'ok' });
  for (const path of ['/me', '/admin', '/admin/']) {
    expect(await ask(path)).toMatchObject({ status: 401, isTimed: true });
  }
  expect((await ask('/me', 'Bearer b')).body).toBe('{"name":"Bob","isAdmin":false}');
  expect(await ask('/admin', 'Bearer b')).toMatchObject({ status: 403, isTimed: true });
  expect(await ask('/admin', 'Bearer a')).toMatchObject({ status: 200, body: 'Hello, Ann' });
});
