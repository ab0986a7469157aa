// The thread that compacts: one snapshot, then it ends. Its errors reach whoever started it (compaction.ts).
import { parentPort, workerData } from 'node:worker_threads';
import * as commands from '../commands/index.ts';
import { compact } from './compact.ts';

/** What the thread is given. */
export interface CompactJob {
  readonly folder: string;
  readonly segment: number;
}

const { folder, segment } = workerData as CompactJob;
parentPort?.postMessage(compact(folder, segment, commands));
