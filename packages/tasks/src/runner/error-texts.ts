// Errors as texts, for the store: handlers throw anything.
// Invariant: never throws, whatever it is given; and what it gives is bounded, however long a chain of causes is.

const LONGEST = 1_000;
const DEEPEST = 10;

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  try {
    const message =
      typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
    return String(message).slice(0, LONGEST);
  } catch {
    return 'something that is no error was thrown'; // Objects without a prototype, and getters that throw.
  }
}

/** The code of an error, where it has one. */
export function codeOf(error: unknown): string | undefined {
  try {
    const code = (error as { readonly code?: unknown } | null | undefined)?.code;
    return typeof code === 'string' ? code.slice(0, 128) : undefined;
  } catch {
    return undefined; // A getter that throws.
  }
}

/** Messages of an error and its causes, outermost first; of an AggregateError those of its errors too. */
export function errorChain(error: unknown): readonly string[] {
  const texts: string[] = [];
  const next: unknown[] = [error];
  const seen = new Set<unknown>();
  while (next.length > 0 && texts.length < DEEPEST) {
    const one = next.shift();
    if (seen.has(one)) continue;
    seen.add(one);
    const code = codeOf(one);
    const name = one instanceof Error && one.name !== 'FastifyError' ? `${one.name}: ` : '';
    texts.push(`${code === undefined ? name : `${code}: `}${messageOf(one)}`);
    if (!(one instanceof Error)) continue;
    if (one instanceof AggregateError) next.push(...one.errors.slice(0, DEEPEST));
    if (one.cause !== undefined) next.push(one.cause);
  }
  return texts;
}
