// What a channel tells of a client that is present. Invariant: JSON, of bounded length; anything else keeps the client out, as a
// channel that shows who is there must not have somebody it cannot show.
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import type { ChannelDefinition } from '../channel/definition.ts';
import { errors } from '../errors.ts';
import { atOnce } from './at-once.ts';

/** Longest JSON of a member, in bytes: all of them are told to all instances. */
const MAX_BYTES = 2_048;

/** @returns what is told; undefined: the channel has no presence
 * @throws CATZ_REALTIME_FORBIDDEN */
export function presenceOf(
  { presence, pattern }: ChannelDefinition,
  request: FastifyRequest,
  logger: FastifyBaseLogger,
): { readonly data: unknown } | undefined {
  if (presence === false) return undefined;
  if (presence === true) return { data: {} };
  try {
    const text = JSON.stringify(atOnce(presence(request), 'presence')) as string | undefined;
    const length = Buffer.byteLength(text ?? '');
    if (text === undefined || length > MAX_BYTES) {
      throw new TypeError(
        `expected presence to give JSON of at most ${MAX_BYTES} bytes, got ${text === undefined ? 'none' : length}`,
      );
    }
    return { data: JSON.parse(text) as unknown };
  } catch (cause) {
    logger.error({ err: cause, pattern: pattern.text }, 'presence of a channel failed');
    throw new errors.FORBIDDEN({ cause });
  }
}
