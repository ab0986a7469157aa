import { describe, expect, it } from 'vitest';
import { BUCKETS, bucketOf } from '../../src/http/buckets.ts';
import { familiesOf } from '../../src/metrics/families.ts';
import type { Family } from '../../src/metrics/family.ts';
import { renderText } from '../../src/metrics/text.ts';
import { RoutePlaces } from '../../src/snapshot/sum-routes.ts';
import { sumReadings } from '../../src/snapshot/sum.ts';
import {
  cache,
  engine,
  files,
  gathered,
  reading,
  realtime,
  route,
  tasks,
  tier,
} from '../snapshot/reading.ts';

function gauge(samples: Family['samples'], help = 'Help'): Family {
  return { name: 'one', help, type: 'gauge', samples };
}

describe('the text', () => {
  it('has help and type once, and a line for each series', () => {
    const samples = [
      { labels: { a: '1', b: '2' }, value: 3 },
      { labels: {}, value: 0.5 },
    ];
    const expected = '# HELP one Help\n# TYPE one gauge\none{a="1",b="2"} 3\none 0.5\n';
    expect(renderText([gauge(samples)])).toBe(expected);
  });

  it('leaves out families without series', () => {
    expect(renderText([gauge([])])).toBe('');
  });

  it('escapes label values and help, so that none can add a line', () => {
    const route = '/a"b\\c\nd{e="f"} 1';
    const text = renderText([gauge([{ labels: { route }, value: 1 }], 'one\\two\nthree')]);
    expect(text.split('\n')).toEqual([
      '# HELP one one\\\\two\\nthree',
      '# TYPE one gauge',
      'one{route="/a\\"b\\\\c\\nd{e=\\"f\\"} 1"} 1',
      '',
    ]);
  });

  it.each([
    [NaN, 'NaN'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [1e21, '1e+21'],
  ])('writes %s as Prometheus reads it', (value, text) => {
    expect(renderText([gauge([{ labels: {}, value }])])).toContain(`one ${text}\n`);
  });

  it('writes histograms with cumulative buckets whose bounds are exact', () => {
    const buckets = Array<number>(BUCKETS).fill(0);
    for (const ms of [0.4, 0.6, 1.5, 1.9, 3, 9000]) buckets[bucketOf(ms)]!++;
    const durations = { count: 6, sumMs: 9007.4, maxMs: 9000, buckets };
    const family: Family = {
      name: 'took_seconds',
      help: 'Help',
      type: 'histogram',
      samples: [{ labels: { route: '/a' }, value: 6, durations }],
    };
    const lines = renderText([family]).trim().split('\n').slice(2);
    expect(lines).toHaveLength(18);
    expect(lines.slice(0, 5)).toEqual([
      'took_seconds_bucket{route="/a",le="0.0005"} 1',
      'took_seconds_bucket{route="/a",le="0.001"} 2',
      'took_seconds_bucket{route="/a",le="0.002"} 4',
      'took_seconds_bucket{route="/a",le="0.004"} 5',
      'took_seconds_bucket{route="/a",le="0.008"} 5',
    ]);
    expect(lines.slice(-4)).toEqual([
      'took_seconds_bucket{route="/a",le="8.192"} 5',
      'took_seconds_bucket{route="/a",le="+Inf"} 6',
      'took_seconds_sum{route="/a"} 9.0074',
      'took_seconds_count{route="/a"} 6',
    ]);
    const bare = renderText([{ ...family, samples: [{ labels: {}, value: 6, durations }] }]);
    expect(bare).toContain('took_seconds_bucket{le="0.0005"} 1\n');
    expect(bare).toContain('took_seconds_count 6\n');
  });
});

describe('the metrics', () => {
  const all = reading({
    http: { inFlight: 2, routes: [route('/a', 3)] },
    cache: cache(),
    cacheRoutes: [{ method: 'GET', route: '/a', hits: 4, misses: 2, stored: 2, notStored: 1 }],
    engines: [
      engine({ entries: 7, hits: 9 }),
      engine({ name: 'heap', backend: 'js', segments: 0, usedSegments: 0 }),
    ],
    tiers: [tier({ p50Ms: 2 }), tier({ tier: 'memory', state: 'down', p99Ms: 0.0005 })],
    tasks: tasks(),
    realtime: realtime(),
    static: files(),
    faults: 1,
  });
  const text = renderText(familiesOf(sumReadings(gathered([all]), new RoutePlaces())));

  it.each([
    'catzilla_http_requests_total{method="GET",route="/a",status="2xx"} 3',
    'catzilla_http_request_duration_seconds_count{method="GET",route="/a"} 3',
    'catzilla_http_requests_in_flight 2',
    'catzilla_http_cache_total{status="hit"} 3',
    'catzilla_http_cache_total{status="stale"} 1',
    'catzilla_http_cache_total{status="miss"} 2',
    'catzilla_http_cache_forwarded_total{reason="uri-miss"} 2',
    'catzilla_http_cache_not_stored_total{reason="set-cookie"} 1',
    'catzilla_http_cache_saved_seconds_total 1.5',
    'catzilla_http_route_cache_hits_total{method="GET",route="/a"} 4',
    'catzilla_http_route_cache_misses_total{method="GET",route="/a"} 2',
    'catzilla_cache_hits_total{cache="pages"} 9',
    'catzilla_cache_items{cache="pages"} 7',
    'catzilla_cache_bytes{cache="pages",kind="max"} 100',
    'catzilla_cache_segments{cache="pages",kind="max"} 4',
    'catzilla_cache_segments{cache="pages",kind="used"} 3',
    'catzilla_tier_hits_total{cache="pages",tier="remote"} 1',
    'catzilla_tier_latency_seconds{cache="pages",tier="remote",quantile="0.5"} 0.002',
    'catzilla_tier_latency_seconds{cache="pages",tier="memory",quantile="0.99"} 5e-7',
    'catzilla_tier_up{cache="pages",tier="remote"} 1',
    'catzilla_tier_up{cache="pages",tier="memory"} 0',
    'catzilla_tasks_completed_total{task="send",queue="mail"} 2',
    'catzilla_tasks_waiting{queue="mail"} 2',
    'catzilla_tasks_paused{queue="mail"} 0',
    'catzilla_tasks_waiting_by_priority{queue="mail",priority="high"} 2',
    'catzilla_tasks_run_quantile_seconds{task="send",queue="mail",quantile="0.5"} 0.001',
    'catzilla_tasks_up 1',
    'catzilla_realtime_connections{transport="sse"} 1',
    'catzilla_realtime_delivered_total 6',
    'catzilla_realtime_up 1',
    'catzilla_static_hits_total 5',
    'catzilla_static_files 2',
    'catzilla_threads 1',
    'catzilla_threads_silent 0',
    'catzilla_monitor_read_faults_total 1',
  ])('have %s', (line) => {
    expect(text.split('\n')).toContain(line);
  });

  it('tell the process by the names that dashboards know, unless they are not wanted', () => {
    expect(text).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
    expect(text).toMatch(/^process_start_time_seconds 1\d{9}$/m);
    expect(text).toMatch(/^nodejs_version_info\{version="v\d+\.\d+\.\d+",major="\d+"/m);
    const snapshot = sumReadings(gathered([all]), new RoutePlaces());
    const without = renderText(familiesOf(snapshot, { defaultMetrics: false }));
    expect(without).not.toMatch(/^(?:process|nodejs)_/m);
    expect(without).toContain('catzilla_threads 1');
  });

  it('say one start of the process, whatever the clock says', () => {
    const snapshot = sumReadings(gathered([all]), new RoutePlaces());
    const [first, second] = [snapshot.at, snapshot.at + 7000].map(
      (at) =>
        /^process_start_time_seconds .*$/m.exec(renderText(familiesOf({ ...snapshot, at })))?.[0],
    );
    expect(second).toBe(first);
  });

  it('are well formed, and named once', () => {
    const names = [...text.matchAll(/^# TYPE (\S+) (?:counter|gauge|histogram)$/gm)];
    expect(new Set(names.map(([, name]) => name)).size).toBe(names.length);
    for (const line of text.trim().split('\n')) {
      expect(line).toMatch(
        /^(?:# (?:HELP|TYPE) \S+ .+|[a-z0-9_]+(?:\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})? \S+)$/,
      );
    }
    for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      expect(name!.endsWith('_total'), name).toBe(type === 'counter');
    }
  });

  it('tell what has changed in another thread alone', () => {
    const here = reading({ http: { inFlight: 0, routes: [route('/a', 3)] } });
    const pageWith = (aborted: number) => {
      const nothing = { ...route('/a', 0), requests: aborted, statuses: { aborted } };
      const other = reading({ id: 'b', http: { inFlight: 0, routes: [nothing] } });
      return renderText(familiesOf(sumReadings(gathered([here, other]), new RoutePlaces())));
    };
    const series = 'catzilla_http_requests_total{method="GET",route="/a",status="aborted"}';
    expect(pageWith(1)).toContain(`${series} 1\n`);
    expect(pageWith(2)).toContain(`${series} 2\n`);
  });

  it('have no segments of an engine that has none', () => {
    expect(text).toContain('catzilla_cache_items{cache="heap"}');
    expect(text).not.toContain('catzilla_cache_segments{cache="heap"');
  });

  it('have no series of parts that are not there', () => {
    const bare = renderText(familiesOf(sumReadings(gathered([reading()]), new RoutePlaces())));
    expect(bare).not.toMatch(/catzilla_(?:http_cache|cache|tier|tasks|realtime|static)_/);
    expect(bare).toContain('catzilla_http_requests_in_flight 0');
  });
});
