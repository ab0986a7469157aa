// Tags of our own, beside those that responses carry: what a fill under way is compared with when a tag is purged softly, and
// what stands for every response of a namespace.
// Invariant: no tag of an application is named so by accident; a name never exceeds the 256 bytes that tags may have.
// Whether fills watch the one and entries carry the other is left to fill-start.ts and store.ts.
import { createHash } from 'node:crypto';

/** The guard of a tag: invalidated for good where the tag itself is invalidated softly, for a soft one leaves fills under
 * way as they are. No entry carries it. */
export function softGuard(tag: string): string {
  return `http::soft:${createHash('sha256').update(tag).digest('base64url')}`;
}

/** The tag of every response of a namespace: reaches what only the memory of another instance has. */
export function everyTag(namespace: string): string {
  return `http:${namespace}:every`;
}
