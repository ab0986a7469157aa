// The records that wait to be written, first come first written, and those who wait for them.
// Invariant: whoever gave a record that has to be answered hears exactly once: when its batch is safe, or when it is refused.
import { RECORD } from './record.ts';
import type { Entry } from './log-writer.ts';

/** Most records of a batch, so that running what it prepared is short. */
const BATCH_RECORDS = 1_024;
/** Most text of a batch, in UTF-16 units, beyond its first record. */
const BATCH_TEXT = 4_194_304;

/** A record in line. */
export class Outgoing implements Entry {
  readonly type: Entry['type'];
  readonly body: string;
  /** Runs a prepared command, and gives what its caller gets. */
  run: ((now: number) => unknown) | undefined = undefined;
  /** What the caller of a direct command gets once it is safe. */
  value: unknown = undefined;
  resolve: ((value: unknown) => void) | undefined = undefined;
  reject: ((error: unknown) => void) | undefined = undefined;

  constructor(type: Entry['type'], body: string) {
    this.type = type;
    this.body = body;
  }

  /** For a caller that waits. */
  answered(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Once it is safe: runs what was prepared, and answers whoever waits.
   * @param now  epoch ms */
  settle(now: number): void {
    if (this.resolve === undefined || this.reject === undefined) return;
    try {
      this.resolve(this.run === undefined ? this.value : this.run(now));
    } catch (error) {
      this.reject(error);
    }
  }
}

export class Line {
  #records: Outgoing[] = [];

  get length(): number {
    return this.#records.length;
  }

  push(record: Outgoing): void {
    this.#records.push(record);
  }

  /** Takes the next batch out of the line. */
  take(): Outgoing[] {
    let count = 0;
    let text = 0;
    for (const { body } of this.#records) {
      text += body.length;
      if (count === BATCH_RECORDS || (count > 0 && text > BATCH_TEXT)) break;
      count++;
    }
    return this.#records.splice(0, count);
  }

  /** Without room: what was prepared is refused, and never ran; what did run goes back to the front.
   * @param batch  that could not be written */
  refusePrepared(batch: readonly Outgoing[], error: Error): void {
    const all = [...batch, ...this.#records];
    this.#records = all.filter(({ type }) => type !== RECORD.prepare);
    for (const record of all) if (record.type === RECORD.prepare) record.reject?.(error);
  }

  /** Nothing will be written any more.
   * @param batch  of which nobody knows whether it was */
  refuseAll(batch: readonly Outgoing[], error: Error): void {
    const all = [...batch, ...this.#records];
    this.#records = [];
    for (const record of all) record.reject?.(error);
  }
}
