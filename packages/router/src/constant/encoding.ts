// Which content coding a request prefers (RFC 9110 12.5.3) of those that an answer is there in.
// Invariant: a coding is chosen only where the client accepts it; a field that cannot be read, or that refuses everything,
// gets the plain form, as one that is absent does.

/** A coding and its weight, 0 to 1. */
const MEMBER = /^([!#$%&'*+.^_`|~\w-]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;

/** The index of the form to send.
 * @param field    Accept-Encoding
 * @param codings  of the forms, the plain one first as undefined; of equal weight the later one is preferred */
export function chooseCoding(
  field: string | undefined,
  codings: readonly (string | undefined)[],
): number {
  if (field === undefined) return 0;
  const weights = weightsOf(field);
  if (weights === undefined) return 0;
  const rest = weights.get('*');
  let best = 0;
  // The plain form is acceptable unless it is refused, and the last choice among what is not named.
  let highest = weights.get('identity') ?? (rest === 0 ? 0 : Number.MIN_VALUE);
  for (let at = 1; at < codings.length; at++) {
    const coding = codings[at] as string;
    const weight =
      weights.get(coding) ?? (coding === 'gzip' ? weights.get('x-gzip') : undefined) ?? rest ?? 0;
    if (weight > 0 && weight >= highest) {
      best = at;
      highest = weight;
    }
  }
  return best;
}

function weightsOf(field: string): Map<string, number> | undefined {
  const weights = new Map<string, number>();
  for (const member of field.split(',')) {
    const text = member.trim();
    if (text === '') continue;
    const match = MEMBER.exec(text);
    if (match === null) return undefined;
    weights.set((match[1] as string).toLowerCase(), Number(match[2] ?? 1));
  }
  return weights;
}
