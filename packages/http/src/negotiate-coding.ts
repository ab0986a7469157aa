// Which content coding an answer gets, of those that there are (RFC 9110 12.5.3).
// Invariant: a coding is chosen only if the client accepts it; among equally wished ones the server's order decides.
import { weightedList } from './accept-encoding.ts';
import { fieldText } from './fields.ts';
import type { FieldValue } from './fields.ts';

/** Negotiates.
 * @param field      Accept-Encoding as it came; absent: no coding is wanted, though any would do
 * @param available  codings there are beside identity, the server's favourite first
 * @returns one of them, 'identity', or undefined when the client accepts none of all that
 * @example negotiateCoding('gzip, br;q=0.5', ['br', 'gzip']) // 'gzip' */
export function negotiateCoding<C extends string>(
  field: FieldValue,
  available: readonly C[],
): C | 'identity' | undefined {
  const text = fieldText(field);
  const wishes = text === undefined ? undefined : weightedList(text);
  // What cannot be read says nothing about what is accepted.
  if (wishes === undefined) return 'identity';
  const weights = new Map(wishes.map(({ name, weight }) => [name, weight]));
  const star = weights.get('*');
  let best: C | undefined;
  let bestWeight = 0;
  for (const coding of available) {
    const weight = weights.get(coding) ?? star ?? 0;
    if (weight > bestWeight) [best, bestWeight] = [coding, weight];
  }
  const identity = weights.get('identity') ?? (star === 0 ? 0 : undefined);
  // Identity that is not named is acceptable, and less wished than any coding that is.
  if (best !== undefined && (identity === undefined || bestWeight >= identity)) return best;
  return identity === 0 ? undefined : 'identity';
}
