// A thread of an application that has OpenTelemetry: tells where it listens and, when asked, what its own reader collects.
import { parentPort } from 'node:worker_threads';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import Fastify from 'fastify';
import { monitor } from '../../dist/index.js';

class Reader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}

const reader = new Reader();
const provider = new MeterProvider({ readers: [reader] });
const app = Fastify();
await app.register(monitor, { dashboard: false, otel: provider.getMeter('thread') });
app.get('/', async () => 'x');
const url = await app.listen({ port: 0, host: '127.0.0.1' });

parentPort.on('message', async (message) => {
  if (message === 'collect') {
    const { resourceMetrics } = await reader.collect();
    const all = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
    const requests = all.find(({ descriptor }) => descriptor.name === 'catzilla_http_requests');
    parentPort.postMessage({
      names: all.map(({ descriptor }) => descriptor.name),
      requests: requests?.dataPoints.map(({ value }) => value) ?? [],
    });
  } else {
    await app.close();
    await provider.shutdown();
    parentPort.close();
  }
});
parentPort.postMessage({ url });
