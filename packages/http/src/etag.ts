// Entity tags (RFC 9110 8.8.3): made, read and compared.
// Invariant: a tag made here is strong, so it is made from the bytes as they are sent, content coding included.
import { createHash } from 'node:crypto';

/** A tag taken apart; `opaque` without its quotes. */
export interface EntityTag {
  readonly weak: boolean;
  readonly opaque: string;
}

// Sticky, so that a list is read from left to right without copying; etagc has no escapes and may hold commas.
const TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/y;
const SEPARATOR = /[ \t]*(?:,[ \t]*)+/y;
const SHA_256_CHARACTERS = 22;
const COMPUTED = /^"[\w-]{22}"$/;

/** A strong tag: 132 bits of SHA-256 in base64url, quoted. Cost: O(body), once per stored response. */
export function computeEtag(body: Uint8Array): string {
  const digest = createHash('sha256').update(body).digest('base64url');
  return `"${digest.slice(0, SHA_256_CHARACTERS)}"`;
}

/** Whether a tag is the one that is made here of these bytes. Cost: O(body) for a tag of this form, else nothing. */
export function isComputedEtag(tag: string, body: Uint8Array): boolean {
  return COMPUTED.test(tag) && computeEtag(body) === tag;
}

/** Reads one tag; undefined when it is not exactly one. `w/` in lower case is none (RFC 9110 8.8.3). */
export function parseEtag(text: string): EntityTag | undefined {
  const tag = tagAt(text, 0);
  return tag !== undefined && TAG.lastIndex === text.length ? tag : undefined;
}

/** Reads the tags of If-None-Match up to the first malformed one: what cannot be read matches nothing. */
export function parseEtagList(text: string): EntityTag[] {
  const tags: EntityTag[] = [];
  let at = skipSeparator(text, 0);
  for (let tag = tagAt(text, at); tag !== undefined; tag = tagAt(text, at)) {
    const end = TAG.lastIndex;
    at = skipSeparator(text, end);
    // `"a"x` is no tag followed by something: it is malformed.
    if (at === end && end < text.length) break;
    tags.push(tag);
  }
  return tags;
}

/** Weak comparison: the opaque parts are equal (RFC 9110 8.8.3.2). */
export function weakEqual(a: EntityTag, b: EntityTag): boolean {
  return a.opaque === b.opaque;
}

function tagAt(text: string, at: number): EntityTag | undefined {
  TAG.lastIndex = at;
  const match = TAG.exec(text);
  return match === null ? undefined : { weak: match[1] !== undefined, opaque: match[2]! };
}

function skipSeparator(text: string, at: number): number {
  SEPARATOR.lastIndex = at;
  return SEPARATOR.test(text) ? SEPARATOR.lastIndex : at;
}
