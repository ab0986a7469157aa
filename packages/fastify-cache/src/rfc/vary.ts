// The second key: which request fields select among the variants of one URL (RFC 9111 4.1, RFC 9110 12.5.5).
// Invariant: two requests get one variant key only if every nominated field matches; absent matches absent only.
import type { Fields, FieldValue } from './fields.ts';

/** Names added to and taken from every Vary; lower-case. `add` may hold `cookie;name`: the value of one cookie. */
export interface VaryPolicy {
  readonly add: readonly string[];
  readonly ignore: readonly string[];
}

/** Names of a Vary field: lower-case, sorted, each once; `*` when a `*` stands anywhere or the field cannot be read. */
export function parseVary(value: FieldValue): '*' | readonly string[] {
  throw new Error('pending');
}

/** The names that select the variant: those of the response's Vary with the policy applied. `*` stays `*`. */
export function nominated(vary: FieldValue, policy: VaryPolicy): '*' | readonly string[] {
  throw new Error('pending');
}

/** The variant key: names with the values of this request, normalised, in full. '' for no names. HOT: benchmarks/http */
export function variantKey(names: readonly string[], headers: Fields): string {
  throw new Error('pending');
}
