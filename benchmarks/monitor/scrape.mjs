// What one page of metrics costs, in a process of its own: by the monitor from what it has counted, or by prom-client from the same
// counts under the same names, labels and buckets. Between two pages a share of the routes is asked for, which is not measured.
// The first and the last page are compared with what was counted.
import { answer, readTask } from '../lib/child.mjs';
import { median } from '../lib/statistics.mjs';

/** Answers of each route. */
const REQUESTS = 3;
/** Upper bounds, seconds: those of the monitor. */
const BOUNDS = Array.from({ length: 15 }, (_, at) => 2 ** (at - 1) / 1000);

const { variant, routes, share, warm, pages } = readTask();
const paths = Array.from({ length: routes }, (_, at) => `/part-${at % 20}/things-${at}/:id`);
const counted = paths.map(() => 0);
const { ask, render } = await { catzilla, 'prom-client': promClient }[variant]();

for (let at = 0; at < routes * REQUESTS; at++) await askOne(at % routes);
check(await render());
const samples = [];
let next = 0;
let text = '';
for (let page = 0; page < warm + pages; page++) {
  for (let at = 0; at < routes * share; at++) await askOne(next++ % routes);
  // What asking has left behind is not the page's. Nor is what the page leaves: of ours that is less.
  gc({ type: 'minor' });
  const before = process.cpuUsage();
  const begun = performance.now();
  text = await render();
  const wallMs = performance.now() - begun;
  const { user, system } = process.cpuUsage(before);
  if (page >= warm) samples.push({ cpuMs: (user + system) / 1000, wallMs });
}
check(text);
answer({
  cpuMs: median(samples.map(({ cpuMs }) => cpuMs)),
  wallMs: median(samples.map(({ wallMs }) => wallMs)),
  series: text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length,
  bytes: text.length,
});

async function askOne(route) {
  counted[route]++;
  await ask(route);
}

async function catzilla() {
  const { default: fastify } = await import('fastify');
  const { monitor } = await import('@catzilla/monitor');
  const { default: fastifyCache } = await import('@catzilla/fastify-cache');
  const app = fastify({ logger: false });
  const off = { health: false, dashboard: false };
  const metrics = { maxSeries: 10_000, defaultMetrics: false };
  await app.register(monitor, { mode: 'production', metrics, ...off });
  await app.register(fastifyCache, {});
  for (const path of paths) app.get(path, async () => 'x');
  return {
    ask: (at) => app.inject(paths[at].replace(':id', '1')),
    render: () => app.monitor.metrics(),
  };
}

async function promClient() {
  const { Counter, Histogram, Registry } = await import('prom-client');
  const registers = [new Registry()];
  const requests = new Counter({
    name: 'catzilla_http_requests_total',
    help: 'Requests',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'catzilla_http_request_duration_seconds',
    help: 'Seconds',
    labelNames: ['method', 'route'],
    buckets: BOUNDS,
    registers,
  });
  const ofCache = ['hits', 'misses'].map(
    (name) =>
      new Counter({
        name: `catzilla_http_route_cache_${name}_total`,
        help: 'By route',
        labelNames: ['method', 'route'],
        registers,
      }),
  );
  return {
    ask(at) {
      const labels = { method: 'GET', route: paths[at] };
      for (const counter of ofCache) counter.inc(labels);
      requests.inc({ ...labels, status: '2xx' });
      seconds.observe(labels, 0.0007);
    },
    render: () => registers[0].metrics(),
  };
}

function check(page) {
  for (const at of [0, routes - 1]) {
    const labels = `{method="GET",route="${paths[at]}"`;
    for (const line of [
      `catzilla_http_requests_total${labels},status="2xx"} ${counted[at]}`,
      `catzilla_http_request_duration_seconds_count${labels}} ${counted[at]}`,
    ]) {
      if (!page.includes(`\n${line}\n`)) throw new Error(`the page of ${variant} lacks ${line}`);
    }
  }
}
