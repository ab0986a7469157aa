// One more row in the log of a job.
// Invariant: `rare.logBytes` and the bytes of the store count all rows that are kept.
import type { Command } from '../engine/command.ts';
import { CODES, failure } from './_failure.ts';
import { trimLogs } from './_trim-logs.ts';

/** Adds a row to the log of a job, and drops the oldest beyond `keepLogs`.
 * @returns how many rows it has */
export const addLog: Command<
  [jobId: string, row: string, keepLogs: number | null | undefined],
  number
> = {
  acknowledgement: 'direct',
  run({ store, queue }, jobId, row, keepLogs) {
    const job = queue.jobs.get(jobId);
    if (job === undefined) throw failure(CODES.jobNotExist, { command: 'addLog', jobId });
    job.rare ??= {};
    job.rare.logs ??= [];
    job.rare.logs.push(row);
    job.rare.logBytes = (job.rare.logBytes ?? 0) + row.length;
    store.bytes += row.length;
    if (keepLogs !== null && keepLogs !== undefined && keepLogs > 0) {
      trimLogs(store, job, keepLogs);
    }
    return job.rare.logs.length;
  },
};
