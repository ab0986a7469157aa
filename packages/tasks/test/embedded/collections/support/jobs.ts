// Jobs for collections, and a seeded choice: what a test needs to hold a collection against an array.
import { Job } from '../../../../src/embedded/engine/job.ts';

const OPTIONS = { json: '{}', value: {}, isFlat: true };

export function makeJob(id: string, priority = 0): Job {
  const job = new Job(id, 'job', '{}', OPTIONS, 0);
  job.priority = priority;
  return job;
}

/** Numbers of a seed: the same for the same seed (mulberry32). */
export class Choice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 to before `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

export function idsOf(jobs: Iterable<Job>): string[] {
  return Array.from(jobs, ({ id }) => id);
}
