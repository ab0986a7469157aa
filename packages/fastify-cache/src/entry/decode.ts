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
  const { route, key, status, fields, bornAt, lifetimeMs } = (head ?? {}) as Partial<EntryHead>;
  return (
    typeof route === 'string' &&
    typeof key === 'string' &&
    typeof status === 'number' &&
    Array.isArray(fields) &&
    fields.every((field) => Array.isArray(field) && typeof field[0] === 'string') &&
    Number.isFinite(bornAt) &&
    Number.isFinite(lifetimeMs)
  );
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
