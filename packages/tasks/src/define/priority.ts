// Priorities of jobs: four classes by name, and the numbers that a backend orders by.
// Invariant: a job of a task always has one, from 1 to 2,097,151. BullMQ runs jobs without a priority before all others, so that
// one that was left out would overtake the critical ones.
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';

/** The classes, most urgent first. */
export type PriorityClass = 'critical' | 'high' | 'normal' | 'low';

/** A class, or an integer from 1 (first) to 2,097,151. */
export type Priority = PriorityClass | number;

/** What each class is as a number. */
export const priorities: Readonly<Record<PriorityClass, number>> = Object.freeze({
  critical: 1,
  high: 5,
  normal: 10,
  low: 20,
});

const LOWEST = 2_097_151;

/** The number of a priority.
 * @throws CATZ_TASKS_PRIORITY on any other name, and numbers that are no integer from 1 to 2,097,151 */
export function priorityOf(priority: unknown): number {
  if (typeof priority === 'string' && Object.hasOwn(priorities, priority)) {
    return priorities[priority as PriorityClass];
  }
  if (
    typeof priority === 'number' &&
    Number.isSafeInteger(priority) &&
    priority >= 1 &&
    priority <= LOWEST
  ) {
    return priority;
  }
  throw new errors.PRIORITY(show(priority));
}
