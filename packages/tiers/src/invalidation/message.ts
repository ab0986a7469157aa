// What processes tell each other: which keys, tags and namespaces changed, never values. JSON, with a version first.
// Invariant: reading never throws; whatever is not understood is undefined, and the reader then forgets all it has.

/** A message, version 1. */
export type Invalidation =
  | {
      readonly kind: 'keys';
      readonly ns: string;
      readonly keys: readonly string[];
      /** The newest of the changes. */
      readonly stamp: number;
      /** Of each key, where they differ: what is newer than the change of its own key stands. */
      readonly stamps?: readonly number[] | undefined;
    }
  | {
      readonly kind: 'tags';
      readonly tags: readonly string[];
      readonly isSoft: boolean;
      readonly stamp: number;
    }
  | { readonly kind: 'clear'; readonly ns: string; readonly stamp: number };

/** UTF-16 units of keys in one message; more go in several. JSON makes six bytes of a unit at worst, and a bus takes 64 KB. */
const MAX_LENGTH = 8192;
/** What each key counts for besides: its quotes, commas and age, in units of six bytes. */
const BESIDES = 4;

/** Writes a message, in parts if it is long. */
export function encodeInvalidation(message: Invalidation): string[] {
  if (message.kind === 'clear') return [write({ c: message.ns, s: message.stamp })];
  if (message.kind === 'tags') {
    const { tags, isSoft, stamp } = message;
    return chunks(tags).map((t) => write({ t, o: isSoft ? 1 : 0, s: stamp }));
  }
  const { ns, keys, stamp, stamps } = message;
  let at = 0;
  return chunks(keys).map((k) => {
    // Ages, before `s`: who does not know of them goes by that, and forgets more.
    const a = stamps?.slice(at, (at += k.length)).map((each) => stamp - each);
    return write({ k, n: ns, s: stamp, a });
  });
}

/** Reads a message.
 * @returns undefined when it is of another version, or damaged */
export function decodeInvalidation(payload: Buffer): Invalidation | undefined {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined; // the caller takes it for a gap
  }
  const { v, s: stamp, c, t, o, k, n, a } = fields ?? {};
  if (v !== 1 || typeof stamp !== 'number') return undefined;
  if (typeof c === 'string') return { kind: 'clear', ns: c, stamp };
  if (isStrings(t)) return { kind: 'tags', tags: t, isSoft: o === 1, stamp };
  if (!isStrings(k) || typeof n !== 'string') return undefined;
  if (a === undefined) return { kind: 'keys', ns: n, keys: k, stamp };
  if (!isNumbers(a) || a.length !== k.length) return undefined;
  return { kind: 'keys', ns: n, keys: k, stamp, stamps: a.map((age) => stamp - age) };
}

function write(fields: object): string {
  return JSON.stringify({ v: 1, ...fields });
}

function chunks(words: readonly string[]): string[][] {
  const parts: string[][] = [];
  let part: string[] = [];
  let length = 0;
  for (const word of words) {
    if (length + word.length + BESIDES > MAX_LENGTH && part.length > 0) {
      parts.push(part);
      part = [];
      length = 0;
    }
    part.push(word);
    length += word.length + BESIDES;
  }
  parts.push(part);
  return parts;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'number');
}
