// Makes docs/benchmarks.md, and the figures of the README, from benchmarks/results/*.json. With --check it fails when
// either is stale. Built-ins only.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { winners } from './allocators/words.mjs';
import { REPORTED as APP_REPORTED } from './app/ratios.mjs';
import { REPORTED as DI_REPORTED } from './di/ratios.mjs';
import { findings } from './hit-ratio/findings.mjs';
import { allocationSites, allocationTable } from './http/allocations.mjs';
import { REPORTED as HTTP_REPORTED } from './http/ratios.mjs';
import { SUITES } from './lib/arguments.mjs';
import { columnsOf } from './lib/columns.mjs';
import { bound, groupBy, outcome } from './lib/report.mjs';
import { figure, markdownTable } from './lib/table.mjs';
import { REPORTED as REALTIME_REPORTED } from './realtime/ratios.mjs';
import { REPORTED as ROUTER_REPORTED } from './router/ratios.mjs';
import { REPORTED as MONITOR_REPORTED } from './monitor/ratios.mjs';
import { REPORTED as STATIC_REPORTED } from './static/ratios.mjs';
import { REPORTED as TASKS_REPORTED } from './tasks/ratios.mjs';
import { REPORTED as VALIDATION_REPORTED } from './validation/ratios.mjs';

const page = new URL('../docs/benchmarks.md', import.meta.url);
const readme = new URL('../README.md', import.meta.url);
const README_BLOCK = /(<!-- figures:begin -->\n)[^]*?(<!-- figures:end -->)/;
/** The figures of the README's first screen: suite, id, and how to say it. */
const HEADLINES = [
  ['http', 'auto_hit_cpu_over_bare', 'A cached 1 KB answer, CPU over a bare `node:http` reply'],
  [
    'http',
    'auto_hit_cpu_over_fastify_route',
    'The same, over a Fastify route that computes nothing',
  ],
  ['engine', 'near_get_over_lru_ttl', 'A hot `get`, time over lru-cache 11 with ttl'],
  ['engine', 'rss_1k_over_lru', 'Memory of a million 1 KB entries, over lru-cache with Buffers'],
  ['engine', 'gc_pause_over_lru', 'Garbage collection pause with them, over lru-cache'],
  [
    'tiers',
    'get_speed_over_bentocache',
    'A hit in memory, times as fast as bentocache’s faster mode',
  ],
  ['tiers', 'redis_get_1k_over_ioredis', 'A hit of 1 KB in Redis, p50 over `GET` and `JSON.parse`'],
  [
    'router',
    'native_over_compile_10k_spread',
    'Finding one of 10,000 routes, spread, over find-my-way’s generated code',
  ],
  ['engine', 'hit_ratio_gain_over_lru', 'Hit ratio above LRU, Zipf 0.99, room for 1 %'],
];
const bounds = JSON.parse(readFileSync(new URL('targets.json', import.meta.url), 'utf8'));
const TITLES = {
  engine: 'The engine: @catzilla/cache-core',
  'hit-ratio': 'Hit ratio: the engine beside reference policies',
  http: 'HTTP: @catzilla/fastify-cache',
  tiers: 'Tiers: @catzilla/tiers',
  router: 'Router: @catzilla/router',
  di: 'Services: @catzilla/di',
  validation: 'Validation and middleware: @catzilla/validation, @catzilla/router',
  tasks: 'Tasks: @catzilla/tasks',
  static: 'Static files: @catzilla/static',
  monitor: 'Metrics and dashboard: @catzilla/monitor',
  realtime: 'Live channels: @catzilla/realtime',
  app: 'The whole: createApp() and threads',
  allocators: 'Allocators: segments against glibc and jemalloc',
};
/** What is told without a target, by suite. */
const REPORTED = {
  http: HTTP_REPORTED,
  router: ROUTER_REPORTED,
  di: DI_REPORTED,
  validation: VALIDATION_REPORTED,
  tasks: TASKS_REPORTED,
  static: STATIC_REPORTED,
  monitor: MONITOR_REPORTED,
  realtime: REALTIME_REPORTED,
  app: APP_REPORTED,
};
const HIT_RATIO_UNITS = [
  'Hit ratios in percent, differences in points. _With near-cache_ and _policy lru_ are the engine too; the others are',
  'reference policies of object granularity with as many entries. The optimum knows the future.',
].join('\n');

const results = SUITES.map((suite) => new URL(`results/${suite}.json`, import.meta.url))
  .filter((file) => existsSync(file))
  .map((file) => JSON.parse(readFileSync(file, 'utf8')));
const isCheck = process.argv.includes('--check');
keep(page, 'docs/benchmarks.md', render(results));
keep(
  readme,
  'README.md',
  readFileSync(readme, 'utf8').replace(README_BLOCK, (_, begin, end) => begin + headlines() + end),
);

function keep(file, name, text) {
  const current = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (!isCheck) {
    writeFileSync(file, text);
    console.log(`${name}: ${results.map(({ suite }) => suite).join(', ') || 'no results'}`);
  } else if (text !== current) {
    console.error(`${name} does not fit benchmarks/results: run npm run bench:render`);
    process.exitCode = 1;
  }
}

function headlines() {
  const rows = HEADLINES.flatMap(([suite, id, sentence]) => {
    const target = results.find((one) => one.suite === suite)?.targets.find((one) => one.id === id);
    return target === undefined ? [] : [[sentence, figure(target.value)]];
  });
  const { machine } = results[0] ?? {};
  if (rows.length === 0) return '';
  const runs = [...new Set(HEADLINES.map(([suite]) => suite))]
    .filter((suite) => results.some((one) => one.suite === suite))
    .map((suite) => `\`npm run bench -- ${suite}\``);
  return `
${markdownTable(['measured', 'figure'], rows)}

Made by ${runs.slice(0, -1).join(', ')} and ${runs.at(-1)}, competitors in the same run, on ${machine.cores} cores of an ${machine.cpu}.
All figures, the losses among them, are in [docs/benchmarks.md](docs/benchmarks.md).

`;
}

function render(all) {
  const parts = [
    '<!-- Generated by npm run bench:render from benchmarks/results. Do not edit. -->',
    '# Benchmarks',
    [
      'Every figure on this page was measured with its competitors in the same run, interleaved, and comes with its raw',
      'samples in `benchmarks/results`. What each suite does, and the rules it keeps, is in',
      '[benchmarks/README.md](../benchmarks/README.md). Ratios are what counts; absolute figures belong to the machine',
      'named above them. Losses are printed like gains.',
    ].join('\n'),
    ...all.flatMap(renderSuite),
  ];
  return `${parts.join('\n\n')}\n`;
}

function renderSuite(result) {
  const parts = [`## ${TITLES[result.suite]}`, `${describe(result)}`];
  if (result.quick) {
    parts.push('**From a quick run**: short windows and smaller data, not meant to be quoted.');
  }
  if (result.targets.length > 0)
    parts.push('### Targets', verdicts(result.targets), ...reasons(result));
  if (result.suite === 'hit-ratio') {
    parts.push('### Who wins where', findings(result.measures).join('\n'), HIT_RATIO_UNITS);
  }
  if (result.suite === 'allocators')
    parts.push('### Who wins where', winners(result.measures).join('\n'));
  if (result.suite in REPORTED) parts.push(...withoutTarget(result));
  if (result.suite === 'http') parts.push(...allocated(result));
  const groups = [...groupBy(result.measures)];
  for (const [group, measures] of groups) {
    const { header, cells } = columnsOf(measures[0].kind);
    parts.push(
      `### ${group[0].toUpperCase()}${group.slice(1)}`,
      markdownTable(header, measures.map(cells)),
    );
  }
  return parts;
}

function describe({ suite, rounds, startedAt, commit, dirty, machine, versions, settings }) {
  const installed = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `- Run with \`npm run bench -- ${suite}\`, ${rounds} rounds, ${startedAt.slice(0, 10)}, commit ${commit.slice(0, 12)}${dirty ? ' with changes' : ''}`,
    `- Machine: ${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memoryBytes / 2 ** 30)} GiB, ${machine.os}; load average before the run ${machine.loadAverage[0]}`,
    `- Versions: ${installed.join(', ')}`,
    `- Ratios from ${settings.ratiosFrom}; a figure is the median of the rounds`,
  ].join('\n');
}

function verdicts(targets) {
  const rows = targets.map((one) => [
    one.means,
    `${figure(one.value)}${one.unit ? ` ${one.unit}` : ''}`,
    bound(one),
    outcome(one),
  ]);
  return markdownTable(['', 'figure', 'target', 'outcome'], rows);
}

function withoutTarget({ suite, ratios }) {
  const rows = Object.entries(REPORTED[suite]).flatMap(([id, means]) =>
    id in ratios ? [[means, figure(ratios[id])]] : [],
  );
  return rows.length === 0 ? [] : ['Without a target:', markdownTable(['', 'figure'], rows)];
}

// Named by function in the run where nothing is inlined: in the other one a function stands for those it has taken in.
function allocated({ settings: { allocations } }) {
  if (allocations === undefined) return [];
  const { header, rows } = allocationTable(allocations);
  const sites = allocationSites(allocations['auto-plain']).map((site) => `- ${site}`);
  return [
    `### Allocations per request, 1 KB JSON, ${allocations.auto.requests} requests`,
    markdownTable(header, rows),
    ...(sites.length === 0 ? [] : ['Ours, nothing inlined:', sites.join('\n')]),
  ];
}

// Why a target is missed is known to those who profiled it, and stands beside the target.
function reasons({ suite, targets }) {
  const missed = targets.filter(({ met }) => !met);
  const lines = missed.flatMap(({ id, means }) => {
    const { why } = bounds[suite][id];
    return why === undefined ? [] : [`- **${means}**: ${why}`];
  });
  return lines.length === 0 ? [] : ['Missed, and why:', lines.join('\n')];
}
