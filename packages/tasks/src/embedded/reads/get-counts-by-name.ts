// How many jobs of each name are in each state: statistics by task. Not of BullMQ's contract.
// Cost: one pass over all jobs of the queue.
import type { QueueState } from '../engine/queue.ts';

/** Jobs of one name, by state. */
export interface NameCounts {
  waiting: number;
  delayed: number;
  active: number;
  waitingChildren: number;
  completed: number;
  failed: number;
}

const FIELDS = {
  wait: 'waiting',
  prioritized: 'waiting',
  delayed: 'delayed',
  active: 'active',
  'waiting-children': 'waitingChildren',
  completed: 'completed',
  failed: 'failed',
} as const;

/** Counts the jobs of a queue by name. */
export function getCountsByName(queue: QueueState): Map<string, NameCounts> {
  const byName = new Map<string, NameCounts>();
  for (const { name, state } of queue.jobs.values()) {
    let counts = byName.get(name);
    if (counts === undefined) byName.set(name, (counts = none()));
    counts[FIELDS[state]] += 1;
  }
  return byName;
}

function none(): NameCounts {
  return { waiting: 0, delayed: 0, active: 0, waitingChildren: 0, completed: 0, failed: 0 };
}
