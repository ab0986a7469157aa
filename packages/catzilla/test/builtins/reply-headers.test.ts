// First of all: what a Fastify would do that keeps headers elsewhere, for the place is looked for once.
import type { FastifyReply } from 'fastify';
import { expect, it } from 'vitest';
import { addHeaders } from '../../src/builtins/reply-headers.ts';

it('goes through reply.headers() where Fastify does not show its own object', () => {
  const seen: unknown[] = [];
  const reply = { headers: (given: unknown) => seen.push(given) } as unknown as FastifyReply;
  addHeaders(reply, { 'x-a': '1' });
  addHeaders(reply, { 'x-a': '1' });
  expect(seen).toEqual([{ 'x-a': '1' }, { 'x-a': '1' }]);
});
