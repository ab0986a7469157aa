// Tags that a handler sets as response fields, in the two spellings of content delivery networks.
// Invariant: what is returned passes as a tag; the fields themselves are not touched. How many tags a response may have,
// and whether clients see the fields, is left to the caller. No RFC: Surrogate-Key as Fastly reads it, Cache-Tag as
// Cloudflare and Akamai do.
import { fieldLines, trimOws } from '@catzilla/http';
import type { Fields } from '@catzilla/http';
import { tagFault } from '../options/tag.ts';

/** The fields that hold tags, lower-case. */
export const tagFields: readonly string[] = Object.freeze(['surrogate-key', 'cache-tag']);

/** The tags of a response: Surrogate-Key split at whitespace, then Cache-Tag split at commas; case-sensitive, each once.
 * A tag that is not 1 to 256 bytes of well-formed UTF-8 is skipped: no purge could name it. */
export function responseTags(headers: Fields): readonly string[] {
  const tags = new Set<string>();
  const add = (tag: string): void => {
    if (tagFault(tag) === undefined) tags.add(tag);
  };
  for (const line of fieldLines(headers['surrogate-key'])) line.split(/[ \t]/).forEach(add);
  for (const line of fieldLines(headers['cache-tag'])) {
    for (const tag of line.split(',')) add(trimOws(tag));
  }
  return [...tags];
}
