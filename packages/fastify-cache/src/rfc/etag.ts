// Entity tags (RFC 9110 8.8.3): made, read and compared.
// Invariant: a tag made here is strong, so it is made from the bytes as they are sent, content coding included.

/** A tag taken apart; `opaque` without its quotes. */
export interface EntityTag {
  readonly weak: boolean;
  readonly opaque: string;
}

/** A strong tag: 132 bits of SHA-256 in base64url, quoted. Cost: O(body), once per stored response. */
export function computeEtag(body: Uint8Array): string {
  throw new Error('pending');
}

/** Reads one tag; undefined when it is not exactly one. */
export function parseEtag(text: string): EntityTag | undefined {
  throw new Error('pending');
}

/** Reads If-None-Match: `*`, or the tags up to the first malformed one. */
export function parseEtagList(text: string): '*' | EntityTag[] {
  throw new Error('pending');
}

/** Weak comparison: the opaque parts are equal (RFC 9110 8.8.3.2). */
export function weakEqual(a: EntityTag, b: EntityTag): boolean {
  throw new Error('pending');
}

/** Strong comparison: equal, and neither is weak. */
export function strongEqual(a: EntityTag, b: EntityTag): boolean {
  throw new Error('pending');
}
