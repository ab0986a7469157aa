// Which fields of a response are kept with it (RFC 9111 3.1).
// Invariant: nothing that belongs to one connection or one request is ever kept; unknown fields are.
import type { Fields } from './fields.ts';

/** A kept field: lower-case name, and its line or lines. */
export type StoredField = readonly [name: string, value: string | readonly string[]];

/** Chooses the fields to keep.
 * @param headers         fields of the finished response
 * @param options.omit    fields the response or the policy forbids to keep (`StoreFacts.omit`)
 * @param options.before  fields that were on the reply when the handler started (cors, helmet, request ids): an unchanged
 *                        one belongs to its request and is not kept, the representation's own fields excepted
 * @param options.receivedAt ms; written as Date where the response has no valid one (RFC 9110 6.6.1)
 * @returns fields in the order of the response, Date always among them; Age is not kept, it is made anew on reuse */
export function storedFields(
  headers: Fields,
  options: {
    readonly omit: readonly string[];
    readonly before: Fields | undefined;
    readonly receivedAt: number;
  },
): StoredField[] {
  throw new Error('pending');
}

/** True for fields that describe the stored representation (content-*, etag, cache-control, …): on a hit the stored
 * value wins over one set for the current request; for every other field the current request's value wins. */
export function isRepresentationField(name: string): boolean {
  throw new Error('pending');
}
