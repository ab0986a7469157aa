// Stored forms, read. Anything that is not exactly what encode.ts of this version writes is undefined, and a miss:
// another version, another writer's value under our key, a cut record.
// Invariant: never throws, never trusts a length. The body is a view into the record's bytes.
import { KIND, MAGIC, PREFIX, VERSION } from './encode.ts';
import { makeEntry } from './entry.ts';
import type { EntryHead, Stored, VariantIndex } from './entry.ts';

/** Reads a record.
 * @returns an Entry or a VariantIndex, or undefined when the bytes are neither */
export function decode(bytes: Buffer): Stored | undefined {
  if (bytes.length < PREFIX || bytes.readUInt16LE(0) !== MAGIC || bytes[2] !== VERSION) return;
  const bodyStart = PREFIX + bytes.readUInt32LE(4);
  if (bodyStart > bytes.length) return;
  const head = parse(bytes.toString('utf8', PREFIX, bodyStart));
  if (bytes[3] === KIND.entry && isEntryHead(head)) {
    if (!isWhole(head, bytes.length - bodyStart)) return undefined;
    return makeEntry(head, bytes.subarray(bodyStart));
  }
  if (bytes[3] === KIND.index && isIndexHead(head)) return head;
  return undefined;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // cut or foreign bytes: the caller counts it as a miss
  }
}

function isEntryHead(head: unknown): head is EntryHead {
  const { route, key, status, fields, bornAt, lifetimeMs, stale, took, tags, ...flags } = (head ??
    {}) as EntryHead;
  return (
    typeof route === 'string' &&
    typeof key === 'string' &&
    typeof status === 'number' &&
    Array.isArray(fields) &&
    fields.every(isField) &&
    [bornAt, lifetimeMs, took].every(Number.isFinite) &&
    areWindows(stale) &&
    areStrings(tags) &&
    // An absent one would read as a permission.
    FLAGS.every((name) => typeof flags[name] === 'boolean')
  );
}

const FLAGS = [
  'ttlOnly',
  'authorizationAllowed',
  'transformed',
  'isWeakened',
  'mustValidate',
  'forbidsStale',
  'ownValidator',
  'immutable',
] as const;

function isField(field: unknown): boolean {
  if (!Array.isArray(field)) return false;
  const [name, value] = field as unknown[];
  return typeof name === 'string' && (typeof value === 'string' || areStrings(value));
}

function areStrings(values: unknown): boolean {
  return Array.isArray(values) && values.every((value) => typeof value === 'string');
}

function areWindows(value: unknown): boolean {
  const { revalidate, error, overload } = (value ?? {}) as Record<string, unknown>;
  return [revalidate, error, overload].every(Number.isFinite);
}

// A record that was cut would be sent with the length it had.
function isWhole({ fields }: EntryHead, length: number): boolean {
  const declared = fields.find(([name]) => name === 'content-length')?.[1];
  return declared === undefined || declared === String(length);
}

function isIndexHead(head: unknown): head is VariantIndex {
  const { key, generation, lists, variants, until } = (head ?? {}) as Partial<VariantIndex>;
  return (
    typeof key === 'string' &&
    typeof generation === 'string' &&
    Array.isArray(lists) &&
    lists.every(Array.isArray) &&
    Array.isArray(variants) &&
    Number.isFinite(until)
  );
}
