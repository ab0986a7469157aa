// An application whose entry has become stale, and whose handler tells what it is asked by.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { afterEach, vi } from 'vitest';
import type { FastifyCacheOptions } from '../../src/index.ts';
import { get, makeApp } from '../helpers.ts';

/** When the entry is stored. */
export const START = 1_700_000_000_000;
/** Past the 10 s that the responses here are fresh, before `keep` is over. */
export const STALE = START + 60_000;
export const MODIFIED = 'Mon, 01 Jan 2024 00:00:00 GMT';

afterEach(() => vi.useRealTimers());

/** Moves the clock. */
export const later = (now: number): void => void vi.setSystemTime(now);

/** The application and its handler. */
export interface Origin {
  app: FastifyInstance;
  /** The conditions that each run of the handler was given. */
  asked: { inm: unknown; ims: unknown; range: unknown }[];
  /** Answers a run; without it: a 304 to its own ETag, else the body. */
  reply: ((request: FastifyRequest, reply: FastifyReply, run: number) => unknown) | undefined;
}

/** An application whose GET /a has the ETag "v1", is fresh for 10 s, and answers validations. */
export async function makeOrigin(options: FastifyCacheOptions = {}): Promise<Origin> {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const app = await makeApp(options);
  const origin: Origin = { app, asked: [], reply: undefined };
  app.get('/a', (request, reply) => {
    const { headers } = request;
    const asked = { inm: headers['if-none-match'], ims: headers['if-modified-since'] };
    const run = origin.asked.push({ ...asked, range: headers['range'] });
    if (origin.reply !== undefined) return origin.reply(request, reply, run);
    void reply.headers({ etag: '"v1"', 'cache-control': 'max-age=10', 'x-run': `${run}` });
    return asked.inm === '"v1"' ? reply.code(304).send() : reply.send('0123456789');
  });
  return origin;
}

/** The same, with its entry stored and stale. */
export async function makeStale(options: FastifyCacheOptions = {}): Promise<Origin> {
  const origin = await makeOrigin(options);
  await get(origin.app, '/a');
  later(STALE);
  return origin;
}
