// When the log is worth a snapshot, and the thread that writes it.
// Invariant: files are removed only once the snapshot that replaces them is there under its name; a compaction that fails changes
// nothing, is told once, and is tried again when the log has grown by as much as it takes to be large.
import { Worker } from 'node:worker_threads';
import { programUrl } from '@catzilla/common';
import { listFolder, removeLeftovers } from './folder.ts';
import type { CompactJob } from './compact-worker.ts';
import type { LogFiles } from './files.ts';

export class Compaction {
  readonly #folder: string;
  readonly #files: LogFiles;
  #sealedBytes: number;
  /** What the running thread covers. */
  #covered = 0;
  #running: Promise<void> | undefined;
  #worker: Worker | undefined;
  #isStopped = false;
  #failedAt = 0;
  #hasWarned = false;

  /** @param sealedBytes  of the segments before the current one */
  constructor(folder: string, files: LogFiles, sealedBytes: number) {
    this.#folder = folder;
    this.#files = files;
    this.#sealedBytes = sealedBytes;
  }

  /** Bytes of the segments before the current one, which no snapshot replaces yet. */
  get sealedBytes(): number {
    return this.#sealedBytes;
  }

  /** Whether the log is so large that it should be compacted.
   * @param current  bytes of the segment that is written
   * @param bound    bytes that a log may have */
  isDue(current: number, bound: number): boolean {
    const size = this.#sealedBytes + current;
    return this.#running === undefined && size - this.#failedAt > bound;
  }

  /** Counts a segment that ended. */
  sealed(bytes: number): void {
    this.#sealedBytes += bytes;
  }

  /** Starts the thread, unless it runs.
   * @param segment  the current one: those before it are replaced */
  start(segment: number): void {
    if (this.#isStopped) return;
    this.#covered = this.#sealedBytes;
    this.#running ??= this.#run({ folder: this.#folder, segment });
  }

  /** Ends the thread, if it runs; what it has not finished is left out. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#worker?.terminate();
    await this.#running;
  }

  async #run(job: CompactJob): Promise<void> {
    try {
      await this.#inThread(job);
      if (this.#isStopped) return;
      removeLeftovers(this.#folder, listFolder(this.#folder));
      this.#files.flushFolder(this.#folder);
      this.#sealedBytes -= this.#covered;
      this.#failedAt = 0;
    } catch (error) {
      this.#failedAt = this.#sealedBytes;
      if (!this.#isStopped) this.#warn(error);
    } finally {
      this.#running = undefined;
      this.#worker = undefined;
    }
  }

  #inThread(job: CompactJob): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(programUrl('compact-worker', import.meta.url), {
        workerData: job,
        execArgv: [],
      });
      this.#worker = worker;
      worker.unref();
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => {
        reject(new Error('its thread ended'));
      });
    });
  }

  #warn(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const why = error instanceof Error ? error.message : String(error);
    process.emitWarning(`the log of ${this.#folder} could not be compacted, and grows: ${why}`, {
      code: 'CATZ_WARN_TASKS_COMPACTION',
    });
  }
}
