// What can be asked of a queue beside what is looked at after each operation: pages, in both directions, and single jobs.
// Left out: pages of jobs that wait for children, whose order within a millisecond Redis leaves to their ids.
import type { JobType } from 'bullmq';
import type { Random } from './random.ts';
import type { Lane } from './side.ts';

export type Reading =
  | {
      readonly of: 'ranges' | 'jobs';
      readonly states: readonly JobType[];
      readonly start: number;
      readonly end: number;
      readonly asc: boolean;
    }
  | {
      readonly of: 'logs';
      readonly id: string;
      readonly start: number;
      readonly end: number;
      readonly asc: boolean;
    }
  | {
      readonly of: 'schedulers';
      readonly start: number;
      readonly end: number;
      readonly asc: boolean;
    }
  | { readonly of: 'metrics'; readonly start: number; readonly end: number }
  | { readonly of: 'finished'; readonly id: string }
  | { readonly of: 'places'; readonly id: string }
  | { readonly of: 'children'; readonly id: string; readonly kind: 'processed' | 'pending' }
  | { readonly of: 'counts'; readonly before: number };

const ORDERED: readonly JobType[] = [
  'waiting',
  'active',
  'prioritized',
  'delayed',
  'completed',
  'failed',
];

/** @param id   of some job
 * @param now  epoch ms */
export function readingOf(random: Random, id: string, now: number): Reading {
  const page = () => {
    const start = random.pick([0, 0, 1, 2, -2]);
    return { start, end: random.pick([-1, 0, 1, 3, -2]), asc: random.oneIn(2) };
  };
  const of = random.pick([
    'ranges',
    'jobs',
    'logs',
    'schedulers',
    'metrics',
    'finished',
    'places',
    'children',
    'counts',
  ] as const);
  switch (of) {
    case 'ranges':
    case 'jobs': {
      const first = random.pick(ORDERED);
      const states = random.oneIn(2) ? [first] : [first, random.pick(ORDERED)];
      return { of, states: [...new Set(states)], ...page() };
    }
    case 'logs':
      return { of, id, start: random.below(3), end: random.pick([-1, 0, 2]), asc: random.oneIn(2) };
    case 'schedulers':
      return { of, ...page() };
    case 'metrics':
      return { of, start: random.below(2), end: random.pick([-1, 0, 1]) };
    case 'finished':
    case 'places':
      return { of, id };
    case 'children':
      return { of, id, kind: random.pick(['processed', 'pending'] as const) };
    case 'counts':
      return { of, before: now + random.pick([0, 500, 5000]) };
  }
}

/** Asks. */
export async function read({ queue, backend }: Lane, reading: Reading): Promise<unknown> {
  switch (reading.of) {
    case 'ranges':
      return queue.getRanges([...reading.states], reading.start, reading.end, reading.asc);
    case 'jobs': {
      const { states, start, end, asc } = reading;
      return (await queue.getJobs([...states], start, end, asc)).map((job) => job.asJSON());
    }
    case 'logs':
      return queue.getJobLogs(reading.id, reading.start, reading.end, reading.asc);
    case 'schedulers':
      return queue.getJobSchedulers(reading.start, reading.end, reading.asc);
    case 'metrics':
      return [
        await queue.getMetrics('completed', reading.start, reading.end),
        await queue.getMetrics('failed', reading.start, reading.end),
      ];
    case 'finished':
      return [
        await backend.isFinished(reading.id),
        await backend.isFinished(reading.id, true),
        await queue.getJobState(reading.id),
      ];
    case 'places':
      return Promise.all(ORDERED.map((state) => backend.isJobInState(state, reading.id)));
    case 'children': {
      const { items, jobs, total } = await queue.getDependencies(reading.id, reading.kind, 0, -1);
      const sorted = (list: readonly unknown[]): string[] =>
        list.map((item) => JSON.stringify(item)).sort();
      // Where a child is gone, Redis gives a job without fields.
      const there = jobs.filter(({ name }) => name !== undefined);
      return [sorted(items), sorted(there.map(({ name, data }) => [name, data])), total];
    }
    case 'counts':
      return [
        await queue.count(),
        await queue.getDelayedCount(reading.before),
        await queue.getJobSchedulersCount(),
        await queue.getJobCountByTypes('wait', 'active', 'completed'),
      ];
  }
}
