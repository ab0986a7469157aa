// Tags of responses, as handlers, options and purges name them. The limits are those of @catzilla/tiers.
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';

/** Most tags of one response: the tiers take 56, of which some are ours. */
export const MAX_TAGS = 50;
const MAX_BYTES = 256;
/** With the flag u it matches a surrogate only where it stands alone. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** What a tag has to be, where a value is none; undefined: it is one. */
export function tagFault(tag: unknown): string | undefined {
  if (typeof tag === 'string' && tag !== '' && !tag.startsWith('\0')) {
    const fits = tag.length * 3 <= MAX_BYTES || Buffer.byteLength(tag) <= MAX_BYTES;
    if (fits && !LONE_SURROGATE.test(tag)) return undefined;
  }
  return `a well-formed string of 1 to ${MAX_BYTES} bytes of UTF-8 that does not begin with NUL`;
}

/** A tag as a message shows it: never a long one in full. */
export function showTag(tag: unknown): string {
  return typeof tag === 'string' ? show(tag.slice(0, 64)) : show(tag);
}

/** Checks tags that code gives.
 * @param what  for the message
 * @throws CATZ_FASTIFY_CACHE_TAG */
export function checkTags(tags: readonly unknown[], what: string): asserts tags is string[] {
  for (const tag of tags) {
    const fault = tagFault(tag);
    if (fault !== undefined) throw new errors.TAG(what, fault, showTag(tag));
  }
}
