// A process that reads one file of lmdb, and ends with 0 if it can be used.
import { inspectFile } from './inspect.ts';
import { loadLmdb } from './load.ts';

process.exitCode = inspectFile(loadLmdb(), process.argv[2] ?? '') ? 0 : 1;
