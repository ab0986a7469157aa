// The server of a crowd, in a process of its own (fork, with --expose-gc): one channel, and what it is asked for.
import Fastify from 'fastify';
import { realtime } from '@catzilla/realtime';

const { clients } = JSON.parse(process.argv[2]);
const app = Fastify();
await app.register(realtime, { maxConnections: clients, closeDelay: 1000, sse: false });
app.realtime.channel('news', { public: true });
await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });

const operations = {
  /** Resident bytes, once all garbage is gone. */
  async rss() {
    for (let turn = 0; turn < 5; turn++) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return process.memoryUsage.rss();
  },
  stats: () => app.realtime.stats(),
  publish: () => app.realtime.publish('news', { to: 'all' }),
  async close() {
    const start = performance.now();
    await app.close();
    return performance.now() - start;
  },
};
process.on('message', async (operation) => process.send({ result: await operations[operation]() }));
process.on('disconnect', () => process.exit(0));
process.send({ result: app.server.address().port });
