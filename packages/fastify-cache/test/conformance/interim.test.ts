// Interim responses (RFC 9110 15.2; RFC 9111 3): the table's rows of topic interim.
import { expect } from 'vitest';
import { requirementsOf } from './support/requirement.ts';
import type { Reply } from './support/origin.ts';

const requirement = requirementsOf('interim');
const direct = {
  only: ['handler', 'stream'] as const,
  why: '@fastify/http-proxy drops interim responses',
};
const HINTED: Reply = {
  headers: { 'cache-control': 'max-age=3600' },
  interim: [
    [102, {}],
    [103, { link: '</a.css>; rel=preload', 'x-early': '1' }],
  ],
};

requirement(
  '9110-15.2-a',
  async (stage) => {
    const answer = await stage.resource().responds(HINTED).get();
    expect(answer.interim.map(({ status }) => status)).toEqual([102, 103]);
    expect(answer.interim[1]?.headers).toMatchObject({ link: '</a.css>; rel=preload' });
    expect(answer).toMatchObject({ status: 200, body: 'body 1' });
  },
  direct,
);

requirement('9111-3-d', async (stage) => {
  const page = stage.resource().responds(HINTED);
  await page.get();
  const { status, headers, body } = await page.get();
  expect([status, body, page.runs]).toEqual([200, 'body 1', 1]);
  expect([headers['link'], headers['x-early']]).toEqual([undefined, undefined]);
});

requirement('9110-15.2-b', async (stage) => {
  const page = stage.resource().responds(HINTED);
  await page.get();
  expect((await page.get()).interim).toEqual([]);
  expect(page.runs).toBe(1);
});
