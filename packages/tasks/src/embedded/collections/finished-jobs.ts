// Jobs that completed or failed, oldest first: by `finishedOn`, and by id among those of the same ms, as BullMQ has them.
// Invariant: cells from #head on hold the jobs in order, with holes where one was removed; a job has in `slot` its cell.
// Jobs finish in order, but for ties and a clock that was set back: so an insertion looks from the end.
import type { Job } from '../engine/job.ts';

const FEW = 32;

export class FinishedJobs {
  #cells: (Job | undefined)[] = [];
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Cost: O(1), plus one step for each job that finished later. */
  push(job: Job): void {
    const cells = this.#cells;
    let at = cells.length;
    cells.push(job);
    while (at > this.#head) {
      const before = cells[at - 1];
      if (before !== undefined) {
        if (!isBefore(job, before)) break;
        before.slot = at;
      }
      cells[at] = before;
      at--;
    }
    cells[at] = job;
    job.slot = at;
    this.#size++;
  }

  /** The one that finished first. */
  oldest(): Job | undefined {
    while (this.#head < this.#cells.length) {
      const job = this.#cells[this.#head];
      if (job !== undefined) return job;
      this.#head++;
    }
    return undefined;
  }

  /** @returns false when it is not here */
  remove(job: Job): boolean {
    if (!this.has(job)) return false;
    this.#cells[job.slot] = undefined;
    this.#size--;
    if (this.#cells.length > FEW && this.#size < this.#cells.length / 2) this.#compact();
    return true;
  }

  has(job: Job): boolean {
    return this.#cells[job.slot] === job;
  }

  /** All jobs, oldest first; nothing must change meanwhile. */
  *[Symbol.iterator](): Generator<Job, void, undefined> {
    for (let at = this.#head; at < this.#cells.length; at++) {
      const job = this.#cells[at];
      if (job !== undefined) yield job;
    }
  }

  /** Some jobs, counted from the oldest as 0. Cost: O(end), or O(end - start) when there are no holes. */
  slice(start: number, end: number): Job[] {
    const jobs: Job[] = [];
    const dense = this.#size === this.#cells.length - this.#head;
    let index = dense ? start : 0;
    for (let at = this.#head + index; at < this.#cells.length && index < end; at++) {
      const job = this.#cells[at];
      if (job === undefined) continue;
      if (index >= start) jobs.push(job);
      index++;
    }
    return jobs;
  }

  clear(): void {
    this.#cells = [];
    this.#head = 0;
    this.#size = 0;
  }

  #compact(): void {
    const cells: (Job | undefined)[] = [];
    for (const job of this) {
      job.slot = cells.length;
      cells.push(job);
    }
    this.#cells = cells;
    this.#head = 0;
  }
}

function isBefore(a: Job, b: Job): boolean {
  return a.finishedOn === b.finishedOn ? a.id < b.id : a.finishedOn < b.finishedOn;
}
