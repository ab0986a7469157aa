import { createApp } from 'catzilla';
import { expect, it, onTestFinished } from 'vitest';
import start, { config } from '../src/app.ts';

async function open() {
  const app = await createApp(config);
  onTestFinished(() => app.close());
  await start(app);
  return app;
}

it('adds a note, and the cached list has it at once', async () => {
  const app = await open();
  expect((await app.inject('/notes')).json()).toHaveLength(1);
  expect((await app.inject('/notes')).headers['cache-status']).toContain('hit');

  const payload = { text: 'Buy milk' };
  const added = await app.inject({ method: 'POST', url: '/notes', payload });
  expect(added.statusCode).toBe(201);
  expect((await app.inject(added.headers.location!)).json()).toEqual({ id: 2, ...payload });
  expect((await app.inject('/notes')).json()).toHaveLength(2);
});

it('refuses what does not fit, and says where', async () => {
  const app = await open();
  const answer = await app.inject({ method: 'POST', url: '/notes', payload: { text: '' } });
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({ errors: [{ in: 'body', pointer: '/text' }] });
  expect((await app.inject('/notes/99')).json()).toMatchObject({ status: 404, code: 'NO_NOTE' });
});
