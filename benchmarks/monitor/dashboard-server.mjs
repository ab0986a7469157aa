// The server of dashboard.mjs, in a process of its own: so many routes that were each asked for, so many entries, with the
// monitor or without. Its parent says when to measure.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { fastifyCache } from '@catzilla/fastify-cache';
import { monitor } from '@catzilla/monitor';
import Fastify from 'fastify';

const { hasMonitor, routes, entries } = JSON.parse(process.argv[2]);

const app = Fastify();
await app.register(fastifyCache, { ttl: 3_600_000, cache: { maxBytes: 1_073_741_824 } });
if (hasMonitor) {
  await app.register(monitor, {
    mode: 'development',
    dashboard: { actions: true, showKeys: true },
  });
}
for (let i = 0; i < routes; i++) app.get(`/routes/${i}/:id`, async () => ({ i }));
await app.listen({ host: '127.0.0.1', port: 0 });
for (let i = 0; i < routes; i++) await app.inject(`/routes/${i}/1`);
const value = Buffer.alloc(100, 1);
for (let i = 0; i < entries; i++) {
  app.cache.tiers.memory.set(`entry:${i}`, value);
  // So that the clean-up of what is written does not fall into the time that is measured.
  if (i % 100_000 === 0) await wait(1);
}

/** CPU and loop time of a while. */
async function measure(seconds) {
  globalThis.gc?.();
  await wait(1_000);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  // Sampled only where somebody watches: its timer would be most of what an idle process does.
  const isWatched = seconds.isWatched === true;
  if (isWatched) delay.enable();
  const cpu = process.cpuUsage();
  const loop = performance.eventLoopUtilization();
  const begun = performance.now();
  await wait(seconds.of * 1_000);
  const ms = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  const { active } = performance.eventLoopUtilization(loop);
  if (isWatched) delay.disable();
  return {
    ms,
    cpuMs: (user + system) / 1_000,
    loopMs: active,
    maxDelayMs: isWatched ? delay.max / 1e6 : undefined,
    entries: app.cache.tiers.memory.stats().entries,
  };
}

process.on('message', async (seconds) => {
  if (seconds === 'end') {
    await app.close();
    process.disconnect();
  } else process.send(await measure(seconds));
});
process.send({ port: app.server.address().port });
