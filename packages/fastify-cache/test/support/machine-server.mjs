// A server of its own process, whose responses lie in a cache file that others share: `node machine-server.mjs PATH`.
// Prints its port. Counts what its handler computes. Ends with the process that started it.
import Fastify from 'fastify';
import { fastifyCache } from '../../dist/index.js';

const app = Fastify();
const cache = { scope: 'machine', path: process.argv[2], maxBytes: 8 * 2 ** 20 };
await app.register(fastifyCache, { ttl: 60_000, cache });
let computed = 0;
app.get('/value', () => ({ pid: process.pid, computed: ++computed }));
app.get('/computed', { config: { cache: false } }, () => ({ computed }));
app.post('/purge', async () => {
  await app.cache.purge('/value');
  return { purged: true };
});
await app.listen({ port: 0, host: '127.0.0.1' });
process.on('disconnect', () => app.close());
process.send({ port: app.server.address().port });
