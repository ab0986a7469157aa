import { expect, it } from 'vitest';
import { client, clerk, manager, shopForAll } from './support.ts';

const shop = shopForAll();
const send = client(shop);
const change = { price: 500 };

it('knows nobody without a token, or with a wrong one', async () => {
  for (const headers of [
    undefined,
    { authorization: 'Bearer wrong' },
    { authorization: 'Bearer ' },
  ]) {
    for (const [method, path] of [
      ['GET', '/api/admin/report'],
      ['PATCH', '/api/admin/products/1'],
    ] as const) {
      const body = method === 'PATCH' ? change : undefined;
      const answer = await send(method, path, body, headers);
      expect([answer.status, answer.body.code]).toEqual([401, 'NOT_STAFF']);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  }
});

it('lets nobody in where there are no tokens, not even by an empty one', async () => {
  const { staff } = await import('../src/admin/staff.ts');
  const pre = staff({}).pre as (request: object) => unknown;
  for (const authorization of [undefined, '', 'Bearer ', 'Bearer x']) {
    expect(() => pre({ headers: { authorization } })).toThrow(
      expect.objectContaining({ statusCode: 401 }),
    );
  }
});

it('lets clerks read the report, and managers alone change products', async () => {
  expect((await send('GET', '/api/admin/report', undefined, clerk)).status).toBe(200);
  const refused = await send('PATCH', '/api/admin/products/1', change, clerk);
  expect([refused.status, refused.body.code]).toEqual([403, 'NOT_A_MANAGER']);
  expect(refused.headers.get('content-type')).toContain('application/problem+json');
  const done = await send('PATCH', '/api/admin/products/1', change, manager);
  expect([done.status, done.body.price]).toEqual([200, 500]);
});

it('computes the report once for all who ask within its minute', async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => send('GET', '/api/admin/report', undefined, clerk)),
  );
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(answers[0]!.body[0].products).toBeGreaterThan(0);
  // Stock has changed since, the report has not: nothing was computed.
  await send('PATCH', '/api/admin/products/2', { stock: 999_999 }, manager);
  expect((await send('GET', '/api/admin/report', undefined, clerk)).text).toBe(answers[0]!.text);
});
