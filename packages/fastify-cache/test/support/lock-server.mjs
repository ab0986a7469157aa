// An instance of its own process, which asks itself: `node lock-server.mjs URL NAME`. Told how many requests to make, it
// makes them at once and tells what came, and how often its handler ran. Ends with the process that started it.
import Fastify from 'fastify';
import { fastifyCache } from '../../dist/index.js';

const [, , url, name] = process.argv;
const app = Fastify();
await app.register(fastifyCache, {
  ttl: 60_000,
  // However busy the machine, Redis answers in time and nobody loses patience.
  cache: { name, remote: { url }, deadline: { remote: 10_000 } },
  collapse: { lock: { ttl: 60_000, wait: 60_000 }, timeout: 60_000 },
});
let runs = 0;
app.get('/a', async () => {
  runs++;
  await new Promise((resolve) => setTimeout(resolve, 50));
  return `${process.pid} ${runs}`;
});
await app.ready();
await app.cache.tiers.ready({ timeout: 30_000 });
process.on('message', async ({ requests }) => {
  const answers = await Promise.all(Array.from({ length: requests }, () => app.inject('/a')));
  process.send({ bodies: answers.map(({ body }) => body), runs });
});
process.on('disconnect', () => app.close());
process.send('ready');
