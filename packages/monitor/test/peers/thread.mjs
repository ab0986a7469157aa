// A thread with a count, that ends as it is told to.
import { parentPort, workerData } from 'node:worker_threads';
import { Peers } from '../../dist/peers/peers.js';

const { name, how } = workerData;
const durations = { count: 0, sumMs: 0, maxMs: 0, buckets: [] };
const route = { method: 'GET', route: '/thread', requests: 3, statuses: { '2xx': 3 }, durations };

parentPort.on('message', () => {
  if (how === 'exit') process.exit(1);
  throw new Error('nobody catches this');
});

const peers = new Peers({
  id: 'thread',
  name,
  read: async () => ({
    thread: { id: 'thread', at: performance.now(), http: { inFlight: 0, routes: [route] } },
    extra: undefined,
  }),
  fold: (_sum, left) => left,
});
await peers.gather({ isWatched: false, isFull: false });
