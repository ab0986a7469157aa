// Jobs that have a priority: smaller numbers first, and among equal ones those that were put back, then first come first served.
// Invariant: `#levels` holds the priorities that have jobs, ascending, each with a bucket; a job is in the bucket of the
// priority it had when it was pushed, which is why its priority may change only while it is out.
// Those put back all have the same place in BullMQ, where equal places go by id: so they do here.
import type { Job } from '../engine/job.ts';
import { JobDeque } from './job-deque.ts';

interface Bucket {
  /** Put back to the front; few, by id. */
  readonly front: Job[];
  readonly line: JobDeque;
}

export class PrioritizedJobs {
  readonly #levels: number[] = [];
  readonly #buckets = new Map<number, Bucket>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Behind the jobs of its priority. */
  push(job: Job): void {
    this.#bucketOf(job.priority).line.pushBack(job);
    this.#size++;
  }

  /** Before the jobs of its priority, as a job goes that a worker gave back. */
  pushFront(job: Job): void {
    const { front } = this.#bucketOf(job.priority);
    let at = 0;
    while (at < front.length && (front[at] as Job).id < job.id) at++;
    front.splice(at, 0, job);
    job.slot = -1;
    this.#size++;
  }

  /** The next job, which stays. */
  peek(): Job | undefined {
    const level = this.#levels[0];
    if (level === undefined) return undefined;
    const bucket = this.#buckets.get(level) as Bucket;
    return bucket.front[0] ?? bucket.line.peek();
  }

  /** Takes the next job out. */
  shift(): Job | undefined {
    const level = this.#levels[0];
    if (level === undefined) return undefined;
    const bucket = this.#buckets.get(level) as Bucket;
    const job = bucket.front.length > 0 ? bucket.front.shift() : bucket.line.shift();
    this.#left(level, bucket);
    return job;
  }

  /** Takes a job out, wherever it is.
   * @returns false when it is not here */
  remove(job: Job): boolean {
    const bucket = this.#buckets.get(job.priority);
    if (bucket === undefined) return false;
    if (!bucket.line.remove(job)) {
      const at = bucket.front.indexOf(job);
      if (at === -1) return false;
      bucket.front.splice(at, 1);
    }
    this.#left(job.priority, bucket);
    return true;
  }

  has(job: Job): boolean {
    const bucket = this.#buckets.get(job.priority);
    return bucket !== undefined && (bucket.line.has(job) || bucket.front.includes(job));
  }

  /** Whether a job that is here came by pushFront. */
  isFront(job: Job): boolean {
    return this.#buckets.get(job.priority)?.front.includes(job) === true;
  }

  /** How many jobs have a priority. */
  countOf(priority: number): number {
    const bucket = this.#buckets.get(priority);
    return bucket === undefined ? 0 : bucket.front.length + bucket.line.size;
  }

  /** All jobs, the next one first; nothing must change meanwhile. */
  *[Symbol.iterator](): Generator<Job, void, undefined> {
    for (const level of this.#levels) {
      const bucket = this.#buckets.get(level) as Bucket;
      yield* bucket.front;
      yield* bucket.line;
    }
  }

  /** Some jobs in order, counted from the next one as 0. Cost: O(end). */
  slice(start: number, end: number): Job[] {
    const jobs: Job[] = [];
    let index = 0;
    for (const job of this) {
      if (index >= end) break;
      if (index >= start) jobs.push(job);
      index++;
    }
    return jobs;
  }

  clear(): void {
    this.#levels.length = 0;
    this.#buckets.clear();
    this.#size = 0;
  }

  #bucketOf(priority: number): Bucket {
    const known = this.#buckets.get(priority);
    if (known !== undefined) return known;
    const bucket: Bucket = { front: [], line: new JobDeque() };
    this.#buckets.set(priority, bucket);
    this.#levels.splice(placeOf(this.#levels, priority), 0, priority);
    return bucket;
  }

  #left(priority: number, bucket: Bucket): void {
    this.#size--;
    if (bucket.front.length > 0 || bucket.line.size > 0) return;
    this.#buckets.delete(priority);
    this.#levels.splice(placeOf(this.#levels, priority), 1);
  }
}

/** Where a priority stands, or would. */
function placeOf(levels: readonly number[], priority: number): number {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((levels[middle] as number) < priority) low = middle + 1;
    else high = middle;
  }
  return low;
}
