// What instances tell each other of who is present: JSON, one announcement per message.
// `q` counts the joins and leaves of an instance: whoever finds a hole asks for its whole state.

/** A member as it is told: channel, id, data. */
export type ToldMember = readonly [channel: string, id: string, data: unknown];

/** 'hello' asks one instance, or all, for their state; 'alive' is a sign of life; 'state' is one part of all members; 'bye'
 * takes all away. */
export type Announcement =
  | { readonly k: 'hello'; readonly to?: string | undefined }
  | { readonly k: 'alive' }
  | { readonly k: 'bye' }
  | { readonly k: 'join'; readonly m: ToldMember }
  | { readonly k: 'leave'; readonly c: string; readonly i: string }
  | {
      readonly k: 'state';
      readonly p: number;
      readonly of: number;
      readonly m: readonly ToldMember[];
    };

/** An announcement, and whose. */
export type Told = Announcement & { readonly v: 1; readonly n: string; readonly q: number };

const KINDS: ReadonlySet<unknown> = new Set(['hello', 'alive', 'bye', 'join', 'leave', 'state']);

/** @returns undefined: of another version, or not ours */
export function decodeTold(payload: Buffer): Told | undefined {
  try {
    const told = JSON.parse(payload.toString()) as Partial<Told> | null;
    const isOurs =
      told?.v === 1 &&
      typeof told.n === 'string' &&
      Number.isSafeInteger(told.q) &&
      KINDS.has(told.k);
    return isOurs ? (told as Told) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Cuts a state into parts of so many bytes; at least one. */
export function partsOf(members: Iterable<ToldMember>, maxBytes: number): ToldMember[][] {
  let part: ToldMember[] = [];
  const parts = [part];
  let bytes = 0;
  for (const member of members) {
    const length = Buffer.byteLength(JSON.stringify(member)) + 1;
    if (part.length > 0 && bytes + length > maxBytes) {
      parts.push((part = []));
      bytes = 0;
    }
    part.push(member);
    bytes += length;
  }
  return parts;
}
