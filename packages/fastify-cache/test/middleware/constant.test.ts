// Constant routes behind cache and middleware: guards run, posts see the answer, and where there are none it is written raw.
import { addConstant } from '@catzilla/router';
import type { Middleware } from '@catzilla/router';
import { describe, expect, test } from 'vitest';
import { until } from '../helpers.ts';
import { asker, bothApp, counting, define, guardAt, HOST, watchWrites } from './support.ts';

/** Asks a constant route three times: how it was written, and the header x-count. */
async function asked(use: readonly Middleware[], more: { serverTiming?: boolean } = {}) {
  const seen: boolean[] = [];
  const app = await bothApp({ middleware: { use, ...more } }, (made) => watchWrites(made, seen));
  addConstant(app, '/c', 'constant');
  const ask = await asker(app, seen);
  const answers = [];
  for (let i = 0; i < 3; i++) {
    const { wasRaw, text } = await ask(`GET /c ${HOST}X-Key: 1\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*constant$/);
    answers.push({ wasRaw, count: /x-count: (\d+)/.exec(text)?.[1], text });
  }
  const refused = await ask(`GET /c ${HOST}\r\n`);
  return { answers, refused: refused.text };
}

describe.each(['onRequest', 'preValidation', 'preHandler'] as const)('a guard at %s', (at) => {
  test('is asked before a raw constant answer', async () => {
    const { answers, refused } = await asked([guardAt(at)]);
    expect(answers.map(({ wasRaw }) => wasRaw)).toEqual([true, true, true]);
    expect(refused).toMatch(/^HTTP\/1\.1 401 /);
  });
});

test('a post that has to see each answer is not skipped: the handler answers', async () => {
  const { answers } = await asked([counting()]);
  expect(answers).toMatchObject([
    { wasRaw: false, count: '1' },
    { wasRaw: false, count: '2' },
    { wasRaw: false, count: '3' },
  ]);
});

test('a transform is not skipped', async () => {
  const post = (_request: unknown, _reply: unknown, _ctx: unknown, payload: unknown): string =>
    `transformed ${String(payload)}`;
  const { answers } = await asked([define({ name: 'wrap', transforms: true, post })]);
  expect(answers[2]!.text).toContain('\r\n\r\ntransformed constant');
  expect(answers[2]!.wasRaw).toBe(false);
});

test('a perRequest post runs, and the answer is written raw', async () => {
  const { answers } = await asked([counting({ perRequest: true })]);
  expect(answers).toMatchObject([
    { wasRaw: true, count: '1' },
    { wasRaw: true, count: '2' },
    { wasRaw: true, count: '3' },
  ]);
});

test('a perRequest post whose header is beyond a raw write runs once, and the handler answers', async () => {
  let count = 0;
  const post = (
    _request: unknown,
    reply: { header(name: string, value: string): unknown },
  ): void => {
    reply.header('x-count', String(++count));
    reply.header('x-name', 'Zürich');
  };
  const { answers } = await asked([define({ name: 'name', perRequest: true, post })]);
  expect(answers).toMatchObject([{ wasRaw: false, count: '1' }, { count: '2' }, { count: '3' }]);
});

test('Server-Timing is on a raw constant answer', async () => {
  const { answers } = await asked([guardAt('onRequest')], { serverTiming: true });
  expect(answers[1]!.wasRaw).toBe(true);
  expect(answers[1]!.text).toMatch(/server-timing: guard;dur=\d+\.\d{3}\r\n/);
});

test('afters run once it is out', async () => {
  const ran: string[] = [];
  const after = (_request: unknown, _reply: unknown, ctx: { outcome: string }): void =>
    void ran.push(ctx.outcome);
  const { answers } = await asked([define({ name: 'log', after })]);
  expect(answers[0]!.wasRaw).toBe(true);
  await until(() => ran.length === 4);
  expect(ran).toEqual(['ok', 'ok', 'ok', 'ok']);
});
