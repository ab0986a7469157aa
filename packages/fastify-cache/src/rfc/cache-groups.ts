// Cache-Groups and Cache-Group-Invalidation (RFC 9875): the groups of a response, and those that a response invalidates.
// Invariant: two groups share a tag only if scheme, host and name are equal, the name character by character (2.1).
// That Cache-Group-Invalidation counts on unsafe methods only, and does not cascade, is left to the caller (2.2.1, 3).
import { createHash } from 'node:crypto';
import type { FieldValue } from '@catzilla/http';
import { tagFault } from '../options/tag.ts';
import { parseList } from './structured.ts';

/** Reads Cache-Groups or Cache-Group-Invalidation, a List of Strings (RFC 9875 2, 3); never throws. Parameters are
 * ignored. As many as the field has, each once: to leave one out would break the invalidation of it.
 * @returns the groups in order; none when the field is absent, malformed, or has a member that is no String, which voids
 * the field (RFC 9651 2) */
export function parseGroups(value: FieldValue): readonly string[] {
  const groups = new Set<string>();
  for (const member of parseList(value) ?? []) {
    if (member.kind !== 'string') return [];
    groups.add(member.value);
  }
  return [...groups];
}

/** The cache tag of a group of one origin (RFC 9875 2.1): 1 to 256 bytes of UTF-8, beginning with `group|`.
 * @param scheme  `http` or `https`
 * @param host    as `normalizeHost` returns it, with a port that is not the scheme's own
 * @param group   as `parseGroups` returns it */
export function groupTag(scheme: string, host: string, group: string): string {
  const tag = `group|${scheme}|${host}|${group}`;
  const isPlain = !scheme.includes('|') && !host.includes('|') && tagFault(tag) === undefined;
  if (isPlain) return tag;
  // Fewer bars than any plain form has, so that no group can be named like a hash.
  const digest = createHash('sha256').update(JSON.stringify([scheme, host, group]));
  return `group|${digest.digest('base64url')}`;
}
