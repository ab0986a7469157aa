// Jobs that wait for their time: a binary heap by due time, and by the order of insertion among those due at the same ms.
// Invariant: a job in the heap has in `slot` its index; every entry is due no earlier than its parent at (index - 1) >> 1.
// The due time stands here alone: the `delay` of a job is counted from whenever it was delayed.
import type { Job } from '../engine/job.ts';

export class DelayedJobs {
  readonly #jobs: Job[] = [];
  readonly #dueAt: number[] = [];
  readonly #order: number[] = [];
  #lastOrder = 0;

  get size(): number {
    return this.#jobs.length;
  }

  /** Epoch ms of the first that is due, or Infinity. */
  get nextDueAt(): number {
    return this.#dueAt[0] ?? Infinity;
  }

  /** @param dueAt  epoch ms */
  push(job: Job, dueAt: number): void {
    this.#add(job, dueAt, ++this.#lastOrder);
  }

  /** Before all that are due at the same ms: the place of a parent whose delay begins when its children are done. */
  pushFirst(job: Job, dueAt: number): void {
    this.#add(job, dueAt, 0);
  }

  peek(): Job | undefined {
    return this.#jobs[0];
  }

  /** Takes the first out. */
  shift(): Job | undefined {
    const job = this.#jobs[0];
    if (job !== undefined) this.#removeAt(0);
    return job;
  }

  /** @returns false when it is not here */
  remove(job: Job): boolean {
    if (!this.has(job)) return false;
    this.#removeAt(job.slot);
    return true;
  }

  has(job: Job): boolean {
    return this.#jobs[job.slot] === job;
  }

  /** Epoch ms at which a job is due, or undefined when it is not here. */
  dueAtOf(job: Job): number | undefined {
    return this.has(job) ? this.#dueAt[job.slot] : undefined;
  }

  /** Whether a job that is here came by pushFirst. */
  isFirst(job: Job): boolean {
    return this.has(job) && this.#order[job.slot] === 0;
  }

  /** How many are due before a time. Cost: O(those). */
  countBefore(time: number): number {
    let count = 0;
    const open = [0];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (!((this.#dueAt[at] as number) < time)) continue;
      count++;
      open.push(2 * at + 1, 2 * at + 2);
    }
    return count;
  }

  /** All jobs, the first that is due first. Cost: O(n log n), for those who read. */
  toSorted(): Job[] {
    const places = this.#jobs.map((_, at) => at);
    places.sort((a, b) => (this.#isBefore(a, b) ? -1 : 1));
    return places.map((at) => this.#jobs[at] as Job);
  }

  /** Some jobs, counted from the first that is due as 0. Cost: O(end log end) near the start, else O(n log n). */
  slice(start: number, end: number): Job[] {
    if (end > this.#jobs.length / 8) return this.toSorted().slice(start, end);
    const jobs: Job[] = [];
    // The places whose parents are taken already, the first that is due last.
    const open = [0];
    for (let count = 0; count < end; count++) {
      const at = open.pop();
      if (at === undefined) break;
      if (count >= start) jobs.push(this.#jobs[at] as Job);
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#jobs.length) open.splice(this.#rankIn(open, child), 0, child);
      }
    }
    return jobs;
  }

  clear(): void {
    this.#jobs.length = 0;
    this.#dueAt.length = 0;
    this.#order.length = 0;
  }

  #add(job: Job, dueAt: number, order: number): void {
    const at = this.#jobs.length;
    this.#jobs.push(job);
    this.#dueAt.push(dueAt);
    this.#order.push(order);
    job.slot = at;
    this.#rise(at);
  }

  #isBefore(a: number, b: number): boolean {
    const apart = (this.#dueAt[a] as number) - (this.#dueAt[b] as number);
    if (apart !== 0) return apart < 0;
    const behind = (this.#order[a] as number) - (this.#order[b] as number);
    // Several came by pushFirst: by id, so that the order does not hang on the shape of the heap.
    if (behind === 0) return (this.#jobs[a] as Job).id < (this.#jobs[b] as Job).id;
    return behind < 0;
  }

  /** Where a place belongs among others that are sorted backwards. */
  #rankIn(places: readonly number[], at: number): number {
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBefore(at, places[middle] as number)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #swap(a: number, b: number): void {
    const job = this.#jobs[a] as Job;
    const dueAt = this.#dueAt[a] as number;
    const order = this.#order[a] as number;
    this.#move(b, a);
    this.#jobs[b] = job;
    this.#dueAt[b] = dueAt;
    this.#order[b] = order;
    job.slot = b;
  }

  #move(from: number, to: number): void {
    const job = this.#jobs[from] as Job;
    this.#jobs[to] = job;
    this.#dueAt[to] = this.#dueAt[from] as number;
    this.#order[to] = this.#order[from] as number;
    job.slot = to;
  }

  #rise(at: number): void {
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(at: number): void {
    for (;;) {
      let first = 2 * at + 1;
      if (first >= this.#jobs.length) return;
      if (first + 1 < this.#jobs.length && this.#isBefore(first + 1, first)) first++;
      if (!this.#isBefore(first, at)) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #removeAt(at: number): void {
    const last = this.#jobs.length - 1;
    const gone = this.#jobs[at] as Job;
    if (at !== last) this.#move(last, at);
    this.#jobs.pop();
    this.#dueAt.pop();
    this.#order.pop();
    gone.slot = -1;
    if (at === last) return;
    this.#rise(at);
    this.#sink(at);
  }
}
