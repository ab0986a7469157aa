// Reads one segment, record by record, and judges where it ends.
// A crash leaves a torn tail: what was being written is cut short, or, when the machine went down with it, any part of what was not
// flushed is missing. Such a tail is cut. Damage before something that was acknowledged is no tail: the log is refused.
// What tells them apart is what can be read behind the damage: nothing is there after a killed process, for writes are in order as
// long as the machine runs; after a power failure only a commit that says "flushed up to here" proves that more was there.
// Invariant: nothing is changed here; whoever called cuts.
import { readFileSync } from 'node:fs';
import { findRecord, FORMAT_VERSION, readRecord, RECORD } from './record.ts';
import type { LogRecord } from './record.ts';

/** What a segment begins with. */
export interface SegmentHeader {
  readonly version: number;
  readonly kind: 'log';
  readonly segment: number;
  /** Which start of the machine it was, '' where the system does not tell. */
  readonly boot: string;
}

/** How reading went. */
export interface SegmentRead {
  /** Bytes of the file. */
  readonly size: number;
  /** Where the last good record ends; 0 when not even the header is there. */
  readonly end: number;
  /** Of the last good record. */
  readonly sequence: number;
  /** What is wrong at `end`; undefined: the file ends there. */
  readonly damage: 'tail' | 'inside' | undefined;
  /** Records that were skipped over (with `skip`). */
  readonly gaps: number;
}

/** What the reader knows before it reads. */
export interface ReadSite {
  readonly segment: number;
  /** Number of the record before the first of this file; undefined: not known, it is the first file. */
  readonly sequence: number | undefined;
  /** Which start of the machine it is now. */
  readonly boot: string;
  /** Go on behind damage with the next record that is whole. */
  readonly skip: boolean;
}

/** Reads a segment.
 * @param take  is given each record but the header, in order
 * @throws what `take` throws; what the file system says */
export function readSegment(
  path: string,
  site: ReadSite,
  take: (record: LogRecord) => void,
): SegmentRead {
  const bytes = readFileSync(path);
  const size = bytes.length;
  let sequence = site.sequence;
  let boot = '';
  let at = 0;
  let gaps = 0;
  for (;;) {
    const record = readRecord(bytes, at);
    const fits =
      record !== undefined &&
      (sequence === undefined || record.sequence === sequence + 1) &&
      (record.type === RECORD.header) === (at === 0);
    if (fits) {
      if (record.type === RECORD.header) boot = bootOf(record, site.segment);
      else take(record);
      if (record.type === RECORD.opened) boot = (JSON.parse(record.body) as { boot: string }).boot;
      sequence = record.sequence;
      at = record.end;
      continue;
    }
    const last = sequence ?? 0;
    if (at === size) return { size, end: at, sequence: last, damage: undefined, gaps };
    if (!site.skip) {
      const isSameBoot = boot !== '' && boot === site.boot;
      const damage = isInside(bytes, at, last, isSameBoot) ? 'inside' : 'tail';
      return { size, end: at, sequence: last, damage, gaps };
    }
    gaps++;
    const next = findRecord(bytes, at, last);
    if (next === undefined) return { size, end: size, sequence: last, damage: undefined, gaps };
    if (next.type !== RECORD.header) take(next);
    sequence = next.sequence;
    at = next.end;
  }
}

function bootOf(record: LogRecord, segment: number): string {
  const header = JSON.parse(record.body) as SegmentHeader;
  if (header.version !== FORMAT_VERSION) {
    throw new Error(
      `it has format ${String(header.version)}, this version reads ${String(FORMAT_VERSION)}`,
    );
  }
  if (header.kind !== 'log' || header.segment !== segment) {
    throw new Error(`segment ${String(segment)} begins as another file`);
  }
  return header.boot;
}

function isInside(bytes: Buffer, at: number, last: number, isSameBoot: boolean): boolean {
  for (let from = at; ;) {
    const later = findRecord(bytes, from, last);
    if (later === undefined) return false;
    // The header of a segment is flushed before anything follows it.
    if (isSameBoot || at === 0 || later.type === RECORD.closed) return true;
    if (later.type === RECORD.commit) {
      const [, flushed] = JSON.parse(later.body) as [number, number];
      if (flushed > last) return true;
    }
    from = later.end;
  }
}
