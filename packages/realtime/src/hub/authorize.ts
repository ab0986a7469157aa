// Asks whether a client may use a channel. Invariant: only `true`, given within the deadline, lets it in; whatever else happens
// is a no, and what was thrown is logged, for the client is not told.
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import type { ChannelAccess } from '../channel/definition.ts';
import type { ChannelMatch } from '../channel/registry.ts';
import { errors } from '../errors.ts';
import type { Client } from './client.ts';

/** ms that an `authorize` may take. */
export const AUTHORIZE_DEADLINE = 10_000;

/** @throws (rejects) CATZ_REALTIME_FORBIDDEN */
export async function authorize(
  { definition, params }: ChannelMatch,
  request: FastifyRequest,
  access: ChannelAccess,
  logger: FastifyBaseLogger,
): Promise<void> {
  const ask = definition.authorize;
  if (ask === undefined) return;
  const pattern = definition.pattern.text;
  let timer: NodeJS.Timeout | undefined;
  try {
    const answer = await Promise.race([
      ask(request, params, access),
      new Promise<undefined>((resolve) => {
        timer = setTimeout(() => {
          logger.warn({ pattern }, 'authorize of a channel took too long, which counts as no');
          resolve(undefined);
        }, AUTHORIZE_DEADLINE).unref();
      }),
    ]);
    if (answer === true) return;
  } catch (cause) {
    logger.error({ err: cause, pattern }, 'authorize of a channel threw, which counts as no');
    throw new errors.FORBIDDEN({ cause });
  } finally {
    clearTimeout(timer);
  }
  throw new errors.FORBIDDEN();
}

/** Asks for a client, and again where its rights were put in doubt meanwhile: what was granted before a `disconnect` must not
 * begin after it. */
export async function askUndoubted<T>(client: Client, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const { doubts } = client;
    const answer = await ask();
    if (client.doubts === doubts) return answer;
  }
}
