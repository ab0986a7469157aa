// Live channels: `app.realtime.stats()` and `health()`.
import type { RealtimeSnapshot } from '../snapshot/snapshot.ts';
import { call, count, fields, text } from './tolerant.ts';

/** Asks the live channels. */
export function readRealtime(realtime: unknown): RealtimeSnapshot {
  const stats = fields(call(realtime, 'stats'));
  const connections = fields(stats['connections']);
  return {
    state: text(fields(call(realtime, 'health'))['state'], 'unknown'),
    connections: { websocket: count(connections['websocket']), sse: count(connections['sse']) },
    channels: count(stats['channels']),
    subscriptions: count(stats['subscriptions']),
    published: count(stats['published']),
    delivered: count(stats['delivered']),
    dropped: count(stats['dropped']),
    gaps: count(stats['gaps']),
    slowClosed: count(stats['slowClosed']),
    bufferedBytes: count(stats['bufferedBytes']),
  };
}
