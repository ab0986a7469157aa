// Holds the data of a client against the rules of its channel. Invariant: only true lets it through.
import type { FastifyBaseLogger } from 'fastify';
import type { ChannelDefinition } from '../channel/definition.ts';
import { errors } from '../errors.ts';
import { atOnce } from './at-once.ts';

/** @throws CATZ_REALTIME_DATA, which tells the client what is wrong; not what was thrown */
export function validate(
  { validate: check }: ChannelDefinition,
  data: unknown,
  logger: FastifyBaseLogger,
): void {
  if (check === undefined) return;
  let verdict: unknown;
  try {
    verdict = atOnce(check(data), 'validate');
  } catch (cause) {
    logger.error({ err: cause }, 'validate of a channel threw');
    throw new errors.DATA('it could not be checked', { cause });
  }
  if (verdict === true) return;
  throw new errors.DATA(typeof verdict === 'string' ? verdict : 'it was refused');
}
