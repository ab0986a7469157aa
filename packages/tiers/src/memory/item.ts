// A decoded entry, made once and given to all its readers, or decoded anew for each of them.
import type { ValueFormat } from '../codecs/format.ts';
import type { Entry } from '../entry.ts';
import type { Envelope } from '../envelope/envelope.ts';

/** How values leave memory. 'freeze': decoded once, frozen deeply and shared; values that hold what cannot be frozen (Map,
 * Set, Date, typed arrays) are decoded for each reader. 'clone': always decoded for each reader, free to be changed.
 * 'share': decoded once and shared as they are; whoever writes one changes it for all. */
export type OnRead = 'freeze' | 'clone' | 'share';

/** One decoded entry. In memory it lives as long as its near-cache record. */
export interface Item {
  readonly envelope: Envelope;
  /** The value that every reader is given; undefined where `isShared` is false. */
  readonly value: unknown;
  readonly isShared: boolean;
  /** As readers see it while it is fresh; made at the first read, for all of them. */
  entry: Entry | undefined;
}

/** Decodes an envelope for its readers.
 * @throws CATZ_TIERS_DECODE */
export function makeItem(envelope: Envelope, format: ValueFormat, onRead: OnRead): Item {
  const value = format.decode(envelope);
  const isShared =
    onRead === 'share' || (onRead === 'freeze' && format.freeze(envelope.codec, value));
  return { envelope, value: isShared ? value : undefined, isShared, entry: undefined };
}

/** The value of an item for one reader.
 * @throws CATZ_TIERS_DECODE never in practice: it was decoded once */
export function valueOf(item: Item, format: ValueFormat): unknown {
  if (item.isShared) return item.value;
  const value = format.decode(item.envelope);
  // The codec gives bytes as they lie in memory.
  return format.isBytes(item.envelope) ? Buffer.from(value as Buffer) : value;
}
