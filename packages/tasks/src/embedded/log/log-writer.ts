// Writes batches of records to the current segment, one batch at a time, and begins the next segment when it is large.
// Invariant: the file is good up to `#end`; a batch is written whole behind it, or cut off again. Numbers are given as records are
// written, so that those of a batch which failed are given again. What a failure means to callers is left to durable-journal.ts.
import { segmentPath } from './folder.ts';
import { FORMAT_VERSION, RECORD, RecordBuffer } from './record.ts';
import type { LogFile, LogFiles } from './files.ts';
import type { SegmentHeader } from './read-log.ts';
import type { RecordType } from './record.ts';

/** A record to be written. */
export interface Entry {
  readonly type: RecordType;
  readonly body: string;
}

/** Where a log stands. */
export interface LogPosition {
  readonly segment: number;
  /** Bytes of the segment that count. */
  readonly end: number;
  /** Of the last record. */
  readonly sequence: number;
}

/** No room: the batch was cut off again, and may be written later. */
export class NoRoom extends Error {}

const FULL_CODES = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const KEPT_FLUSHES = 512;

export class LogWriter {
  readonly #folder: string;
  readonly #files: LogFiles;
  readonly #boot: string;
  readonly #buffer = new RecordBuffer();
  readonly #flushMs: number[] = [];
  #flushes = 0;
  /** Flushes of the current file that run; they overlap with writes and with each other. */
  readonly #running = new Set<Promise<void>>();
  #file: LogFile;
  #segment: number;
  #end: number;
  #sequence: number;
  #flushed: number;

  private constructor(
    folder: string,
    files: LogFiles,
    boot: string,
    file: LogFile,
    at: LogPosition,
  ) {
    this.#folder = folder;
    this.#files = files;
    this.#boot = boot;
    this.#file = file;
    this.#segment = at.segment;
    this.#end = at.end;
    this.#sequence = at.sequence;
    this.#flushed = at.sequence;
  }

  /** Goes on with a log; what stands behind `at.end` in its file is cut off. With `at.end` 0 the segment is begun.
   * @throws what the file system says */
  static async open(
    folder: string,
    files: LogFiles,
    boot: string,
    at: LogPosition,
  ): Promise<LogWriter> {
    const file = await files.open(segmentPath(folder, at.segment));
    const writer = new LogWriter(folder, files, boot, file, at);
    try {
      await file.truncate(at.end);
      if (at.end === 0) await writer.#begin();
      else {
        await writer.write([{ type: RECORD.opened, body: JSON.stringify({ boot }) }]);
        await writer.flush();
      }
    } catch (error) {
      await file.close();
      throw error;
    }
    return writer;
  }

  get segment(): number {
    return this.#segment;
  }

  /** Bytes of the current segment. */
  get end(): number {
    return this.#end;
  }

  /** Of the last record written. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Of the last record that a flush covers. */
  get flushed(): number {
    return this.#flushed;
  }

  /** Writes records in order, in one call to the system.
   * @throws NoRoom: nothing of them is there. Anything else is final */
  async write(entries: readonly Entry[]): Promise<void> {
    const buffer = this.#buffer;
    buffer.clear();
    let sequence = this.#sequence;
    for (const { type, body } of entries) buffer.add(type, ++sequence, body);
    const bytes = buffer.bytes;
    let written = 0;
    try {
      while (written < bytes.length) {
        const more = await this.#file.write(bytes.subarray(written), this.#end + written);
        if (more === 0) throw new NoRoom('the system wrote nothing');
        written += more;
      }
    } catch (error) {
      await this.#file.truncate(this.#end);
      if (isFull(error)) throw new NoRoom((error as Error).message, { cause: error });
      throw error;
    }
    this.#end += bytes.length;
    this.#sequence = sequence;
  }

  /** Waits until the device has what was written before the call. A flush that runs already may be the one that is told of what was lost.
   * @throws what the file system says: afterwards nobody knows what it has */
  async flush(): Promise<void> {
    const sequence = this.#sequence;
    const from = performance.now();
    const before = [...this.#running];
    const running = this.#file.flush();
    this.#running.add(running);
    try {
      await running;
      await Promise.all(before);
    } finally {
      this.#running.delete(running);
    }
    this.#flushMs[this.#flushes++ % KEPT_FLUSHES] = performance.now() - from;
    if (sequence > this.#flushed) this.#flushed = sequence;
  }

  /** Ends the segment and begins the next; the one before is flushed and whole.
   * @throws NoRoom: the segment goes on. Anything else is final */
  async rotate(): Promise<void> {
    await this.flush();
    const before = { file: this.#file, segment: this.#segment, end: this.#end };
    try {
      this.#file = await this.#files.open(segmentPath(this.#folder, before.segment + 1));
    } catch (error) {
      if (isFull(error)) throw new NoRoom((error as Error).message, { cause: error });
      throw error;
    }
    this.#segment++;
    this.#end = 0;
    try {
      await this.#begin();
    } catch (error) {
      // Were it left, the segment that goes on would not be the last.
      await this.#file.close();
      this.#files.remove(segmentPath(this.#folder, this.#segment));
      ({ file: this.#file, segment: this.#segment, end: this.#end } = before);
      throw error;
    }
    await this.#settle();
    await before.file.close();
  }

  /** Of the last flushes, in ms; 0 before the first. */
  flushP99(): number {
    const sorted = [...this.#flushMs].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  }

  async close(): Promise<void> {
    await this.#settle();
    await this.#file.close();
  }

  /** A file must not be closed under a flush. */
  async #settle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  async #begin(): Promise<void> {
    const header: SegmentHeader = {
      version: FORMAT_VERSION,
      kind: 'log',
      segment: this.#segment,
      boot: this.#boot,
    };
    await this.write([{ type: RECORD.header, body: JSON.stringify(header) }]);
    await this.flush();
    this.#files.flushFolder(this.#folder);
  }
}

function isFull(error: unknown): boolean {
  return error instanceof NoRoom || FULL_CODES.has(String((error as NodeJS.ErrnoException).code));
}
