// A queue that is a list of jobs: as much of BullMQ's Queue as statistics ask.
import type { QueueReader } from '../../../src/monitor/types.ts';

/** What a job is here. */
export interface FakeJob {
  readonly name?: string;
  readonly priority?: number;
  readonly timestamp?: number;
  readonly delay?: number;
}

/** Makes a queue.
 * @param jobs  by state, as BullMQ names them, in the order of their turn */
export function fakeQueue(
  name: string,
  jobs: Readonly<Record<string, readonly FakeJob[]>> = {},
): QueueReader & { calls: number } {
  const of = (state: string): readonly FakeJob[] => jobs[state] ?? [];
  return {
    name,
    calls: 0,
    async getJobCounts() {
      this.calls += 1;
      return Object.fromEntries(Object.entries(jobs).map(([state, list]) => [state, list.length]));
    },
    async getCountsPerPriority(priorities) {
      this.calls += 1;
      const ready = [...of('waiting'), ...of('prioritized')];
      return Object.fromEntries(
        priorities.map((wanted) => [
          String(wanted),
          ready.filter(({ priority = 0 }) => priority === wanted).length,
        ]),
      );
    },
    async getJobs(types, start, end) {
      this.calls += 1;
      return types
        .flatMap((state) => of(state))
        .slice(start, end + 1)
        .map(({ name: task = 'task', priority = 0, timestamp = 0, delay = 0 }) => ({
          name: task,
          priority,
          timestamp,
          opts: { delay },
        }));
    },
    async isPaused() {
      return false;
    },
  };
}
