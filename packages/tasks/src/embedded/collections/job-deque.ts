// Jobs in line, first come first served, with pushes at both ends: the wait list, and each priority behind it.
// Invariant: a job in the deque has in `slot` the position of its cell; positions grow to the back and never change until the deque
// is compacted. A removed job leaves a hole, skipped later; at half holes the deque is compacted. So every operation is O(1) amortized.
import type { Job } from '../engine/job.ts';

const FIRST_ROOM = 16;

export class JobDeque {
  // A ring: position p lives in cell p & mask. Positions from #head to before #tail are in use, and may be negative.
  #cells: (Job | undefined)[] = emptyCells(FIRST_ROOM);
  #mask = FIRST_ROOM - 1;
  #head = 0;
  #tail = 0;
  #size = 0;

  /** How many jobs are in line. */
  get size(): number {
    return this.#size;
  }

  pushBack(job: Job): void {
    if (this.#tail - this.#head > this.#mask) this.#makeRoom();
    job.slot = this.#tail;
    this.#cells[this.#tail & this.#mask] = job;
    this.#tail++;
    this.#size++;
  }

  /** Puts a job before all others. */
  pushFront(job: Job): void {
    if (this.#tail - this.#head > this.#mask) this.#makeRoom();
    this.#head--;
    job.slot = this.#head;
    this.#cells[this.#head & this.#mask] = job;
    this.#size++;
  }

  /** The next job, which stays. */
  peek(): Job | undefined {
    while (this.#head < this.#tail) {
      const job = this.#cells[this.#head & this.#mask];
      if (job !== undefined) return job;
      this.#head++;
    }
    return undefined;
  }

  /** Takes the next job out. */
  shift(): Job | undefined {
    const job = this.peek();
    if (job === undefined) return undefined;
    this.#cells[this.#head & this.#mask] = undefined;
    this.#head++;
    this.#left();
    return job;
  }

  /** Takes a job out, wherever it is.
   * @returns false when it is not here */
  remove(job: Job): boolean {
    if (!this.has(job)) return false;
    this.#cells[job.slot & this.#mask] = undefined;
    this.#left();
    if (this.#tail - this.#head > FIRST_ROOM && this.#size < (this.#tail - this.#head) / 2) {
      this.#arrange(this.#cells.length);
    }
    return true;
  }

  has(job: Job): boolean {
    const { slot } = job;
    return slot >= this.#head && slot < this.#tail && this.#cells[slot & this.#mask] === job;
  }

  /** All jobs, the next one first; the deque must not change meanwhile. */
  *[Symbol.iterator](): Generator<Job, void, undefined> {
    for (let position = this.#head; position < this.#tail; position++) {
      const job = this.#cells[position & this.#mask];
      if (job !== undefined) yield job;
    }
  }

  /** Some jobs in order, counted from the next one as 0. Cost: O(end), or O(end - start) when there are no holes. */
  slice(start: number, end: number): Job[] {
    const jobs: Job[] = [];
    const dense = this.#size === this.#tail - this.#head;
    let index = dense ? start : 0;
    let position = this.#head + index;
    for (; position < this.#tail && index < end; position++) {
      const job = this.#cells[position & this.#mask];
      if (job === undefined) continue;
      if (index >= start) jobs.push(job);
      index++;
    }
    return jobs;
  }

  clear(): void {
    this.#cells = emptyCells(FIRST_ROOM);
    this.#mask = FIRST_ROOM - 1;
    this.#head = 0;
    this.#tail = 0;
    this.#size = 0;
  }

  #left(): void {
    this.#size--;
    if (this.#size > 0) return;
    // Positions begin anew, so that they stay small integers, and a burst gives its room back.
    if (this.#cells.length > FIRST_ROOM) this.clear();
    else this.#head = this.#tail = 0;
  }

  #makeRoom(): void {
    this.#arrange(
      this.#size * 2 > this.#cells.length ? this.#cells.length * 2 : this.#cells.length,
    );
  }

  /** Moves the jobs to the start of cells of the given number, without holes. */
  #arrange(room: number): void {
    const cells = emptyCells(room);
    let at = 0;
    for (let position = this.#head; position < this.#tail; position++) {
      const job = this.#cells[position & this.#mask];
      if (job === undefined) continue;
      job.slot = at;
      cells[at++] = job;
    }
    this.#cells = cells;
    this.#mask = room - 1;
    this.#head = 0;
    this.#tail = at;
  }
}

function emptyCells(room: number): (Job | undefined)[] {
  const cells: (Job | undefined)[] = [];
  cells.length = room;
  return cells.fill(undefined);
}
