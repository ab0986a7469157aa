// One instance of an application with a response cache and live invalidation, in a process of its own. Tells its port.
import Fastify from 'fastify';
import { streamBus } from '@catzilla/bus';
import { fastifyCache } from '@catzilla/fastify-cache';
import { realtime } from '@catzilla/realtime';
import { readTask } from '../lib/child.mjs';

const { redis } = readTask();
const app = Fastify();
const tiers = redis === undefined ? {} : { remote: { url: redis } };
const bus = redis === undefined ? {} : { bus: streamBus({ url: redis }) };
await app.register(fastifyCache, {
  ttl: 600_000,
  cache: redis === undefined ? { maxBytes: 16 * 2 ** 20 } : { name: 'live', memory: {}, ...tiers },
});
await app.register(realtime, { ...bus, live: true });
app.get('/items/:id', () => ({ value: 1 }));
app.post('/items/:id', () => ({}));
app.get('/', (_, reply) => reply.type('text/html').send('<!doctype html><title>A page</title>'));
await app.listen({ port: 0, host: '127.0.0.1' });
process.send({ port: app.server.address().port });
process.on('disconnect', () => process.exit(0));
