// Static files: `app.static.stats()`.
import type { StaticSnapshot } from '../snapshot/snapshot.ts';
import { call, count, fields } from './tolerant.ts';

/** Asks the static files. */
export function readStatic(files: unknown): StaticSnapshot {
  const stats = fields(call(files, 'stats'));
  return {
    hits: count(stats['hits']),
    notModified: count(stats['notModified']),
    streamed: count(stats['streamed']),
    refused: count(stats['refused']),
    reads: count(stats['reads']),
    files: count(stats['files']),
  };
}
