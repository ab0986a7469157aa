// Counts jobs where they run and where they are finished: each payload is looked at, and none may be missing or run twice.
import { idOf } from './data.mjs';

/** { run, onFinished } for `work`, and `until(count)`: a promise of so many being finished, all that were run among them. */
export function makeProgress(work = () => undefined) {
  let started = 0;
  let finished = 0;
  let sum = 0;
  let due;
  const check = () => {
    if (due === undefined || finished < due.count) return;
    const { resolve, reject, count } = due;
    due = undefined;
    if (started === count && finished === count) resolve(sum);
    else reject(new Error(`expected ${count} jobs, ${started} ran and ${finished} are finished`));
  };
  return {
    run(payload) {
      started++;
      sum += idOf(payload);
      return work(payload);
    },
    onFinished() {
      finished++;
      check();
    },
    /** Resolves when as many jobs are finished since the start; their ids must be 0 to count - 1. */
    async until(count) {
      const sumOfIds = await new Promise((resolve, reject) => {
        due = { resolve, reject, count };
        check();
      });
      if (sumOfIds !== (count * (count - 1)) / 2) {
        throw new Error(`expected the ids 0 to ${count - 1}, their sum is ${sumOfIds}`);
      }
    },
  };
}
