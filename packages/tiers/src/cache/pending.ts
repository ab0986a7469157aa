// A write on its way to a tier below memory: the envelope, packed only when its turn comes, so that a write that is
// replaced before costs nothing.
import type { ValueFormat } from '../codecs/format.ts';
import { encodeTombstone } from '../envelope/encode.ts';
import type { Envelope } from '../envelope/envelope.ts';
import type { Job } from './job.ts';

/** A write that waits. */
export interface Pending {
  readonly ns: string;
  readonly key: string;
  /** undefined: a tombstone. */
  readonly envelope: Envelope | undefined;
  /** Hybrid stamp, microseconds. */
  readonly created: number;
  readonly compress: boolean;
  /** It replaces what is there, by the caller's word: other processes are told once it is done, and what it replaces must go
   * even when it fails. A load's value is no news. */
  readonly isNews: boolean;
  /** Filled by the first that packs it: both tiers write the same bytes. */
  packed: Buffer | Promise<Buffer> | undefined;
}

/** The write of a value. */
export function pendingOf(
  ns: string,
  { key, envelope, compress }: Job,
  isNews: boolean = false,
): Pending {
  return { ns, key, envelope, created: envelope.created, compress, isNews, packed: undefined };
}

/** The write of a removal. */
export function pendingRemoval(ns: string, key: string, created: number): Pending {
  return {
    ns,
    key,
    envelope: undefined,
    created,
    compress: false,
    isNews: true,
    packed: undefined,
  };
}

/** Bytes it counts for in a queue. */
export function sizeOfPending(pending: Pending): number {
  return (pending.envelope?.payload.length ?? 0) + pending.key.length + 128;
}

/** The bytes to write. Throws or rejects when a compression of the user's does. */
export function pack(pending: Pending, format: ValueFormat): Buffer | Promise<Buffer> {
  const { envelope, created, compress } = pending;
  if (envelope === undefined) pending.packed ??= encodeTombstone(created, Infinity);
  else pending.packed ??= format.pack(envelope, envelope.payload, compress);
  return pending.packed;
}
