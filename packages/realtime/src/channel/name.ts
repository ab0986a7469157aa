// Which texts name a channel: a path without its first slash.
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';

/** Longest name, in UTF-16 units. */
const MAX_NAME = 256;

/** What a name is, for messages. */
const NAME = 'a channel name: segments joined by slashes, at most 256 characters';

/** Whether a text may name a channel. Names come from clients: the cost is bounded by their length. */
export function isChannelName(name: unknown): name is string {
  return (
    typeof name === 'string' &&
    name.length >= 1 &&
    name.length <= MAX_NAME &&
    // No empty segment; no control character, line or paragraph separator; no half of a surrogate pair.
    !/^\/|\/\/|\/$|[\p{Cc}\u2028\u2029]|\p{Surrogate}/u.test(name)
  );
}

/** @throws CATZ_REALTIME_CHANNEL_NAME */
export function checkChannelName(name: unknown): string {
  if (isChannelName(name)) return name;
  throw new errors.CHANNEL_NAME(NAME, typeof name === 'string' ? 'another text' : show(name));
}
