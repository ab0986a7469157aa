import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { collectInto } from '../../src/monitor/collect.ts';
import { TaskEvents } from '../../src/monitor/events.ts';
import { familiesOf } from '../../src/monitor/families.ts';
import type { Family } from '../../src/monitor/families.ts';
import { gatherStats } from '../../src/monitor/gather.ts';
import { Monitor } from '../../src/monitor/monitor.ts';
import { renderText } from '../../src/monitor/prometheus.ts';
import type { StatsSources } from '../../src/monitor/types.ts';
import { fakeQueue } from './support/fake-queue.ts';

const SOURCES: StatsSources = {
  backend: 'embedded',
  queues: [fakeQueue('default', { waiting: [{}, {}], completed: [{}] })],
  dead: () => undefined,
  tasks: [{ name: 'mail', queue: 'default' }],
  runner: [{ queue: 'default', running: 1, abandoned: 0, concurrency: { now: 3, min: 1, max: 9 } }],
  store: {
    mode: 'durable',
    durability: 'interval',
    jobs: 3,
    bytes: 900,
    logBytes: 77,
    flushP99Ms: 2,
  },
};

async function families(sources: StatsSources = SOURCES): Promise<readonly Family[]> {
  const events = new TaskEvents();
  const monitor = new Monitor(events);
  onTestFinished(() => monitor.close());
  const job = { task: 'mail', queue: 'default', id: '1' };
  events.emit('enqueued', job);
  events.emit('started', { ...job, waitMs: 3 });
  events.emit('completed', { ...job, runMs: 2500 });
  return familiesOf(await gatherStats(monitor, sources), monitor.tasks());
}

test('the text has totals, gauges and histograms in seconds', async () => {
  const text = renderText(await families());
  const lines = text.split('\n');
  expect(lines).toContain('# TYPE catzilla_tasks_enqueued_total counter');
  for (const line of [
    'catzilla_tasks_enqueued_total{task="mail",queue="default"} 1',
    'catzilla_tasks_failed_total{task="mail",queue="default"} 0',
    'catzilla_tasks_waiting{queue="default"} 2',
    'catzilla_tasks_kept_completed{queue="default"} 1',
    'catzilla_tasks_concurrency{queue="default"} 3',
    'catzilla_tasks_concurrency_max{queue="default"} 9',
    'catzilla_tasks_wait_seconds_bucket{task="mail",queue="default",le="0.001"} 0',
    'catzilla_tasks_wait_seconds_bucket{task="mail",queue="default",le="0.005"} 1',
    'catzilla_tasks_run_seconds_bucket{task="mail",queue="default",le="1"} 0',
    'catzilla_tasks_run_seconds_bucket{task="mail",queue="default",le="+Inf"} 1',
    'catzilla_tasks_run_seconds_sum{task="mail",queue="default"} 2.5',
    'catzilla_tasks_run_seconds_count{task="mail",queue="default"} 1',
    'catzilla_tasks_store_log_bytes 77',
    'catzilla_tasks_store_flush_p99_seconds 0.002',
  ]) {
    expect(lines).toContain(line);
  }
  expect(text.endsWith('\n')).toBe(true);
});

test('labels are task, queue and le, and no other', async () => {
  const names = new Set(
    (await families()).flatMap(({ samples }) =>
      samples.flatMap(({ labels }) => Object.keys(labels)),
    ),
  );
  expect([...names].sort()).toEqual(['le', 'queue', 'task']);
});

test('families without samples are left out of the text, and unknown numbers too', async () => {
  const text = renderText(await families({ ...SOURCES, runner: [], store: undefined }));
  expect(text).not.toContain('catzilla_tasks_store_');
  expect(text).not.toContain('catzilla_tasks_concurrency');
});

test('what would break a line is escaped', () => {
  const sample = { name: 'x', labels: { queue: 'a"b\\c\nd' }, value: Number.NaN };
  const endless = { name: 'x', labels: {}, value: Infinity };
  const least = { name: 'x', labels: {}, value: -Infinity };
  const family = { name: 'x', help: 'one\ntwo', type: 'gauge', samples: [sample, endless, least] };
  expect(renderText([family as Family])).toBe(
    '# HELP x one\\ntwo\n# TYPE x gauge\nx{queue="a\\"b\\\\c\\nd"} NaN\nx +Inf\nx -Inf\n',
  );
});

test('a registry of prom-client shows the same text', async () => {
  const registry = new Registry();
  const now = await families();
  let asked = 0;
  const remove = collectInto(registry, now, async () => {
    asked += 1;
    return now;
  });
  const shown = await registry.metrics();
  const samples = (text: string): string[] =>
    text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(samples(shown)).toEqual(samples(renderText(now)));
  expect(asked).toBe(1);
  await registry.metrics();
  expect(asked).toBe(2);
  expect(() => registry.resetMetrics()).not.toThrow();
  remove();
  expect(await registry.metrics()).toBe('\n');
});

test('a registry of OpenMetrics names counters as the format wants', async () => {
  const registry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  const now = await families();
  collectInto(registry, now, async () => now);
  const text = await registry.metrics();
  expect(text).toContain('# TYPE catzilla_tasks_enqueued counter');
  expect(text).toContain('\ncatzilla_tasks_enqueued_total{task="mail",queue="default"} 1');
  expect(text).not.toContain('_total_total');
});
