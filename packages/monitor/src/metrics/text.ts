// Families in the text format of Prometheus, 0.0.4.
// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
import { bucketOf } from '../http/buckets.ts';
import type { DurationCounts } from '../snapshot/snapshot.ts';
import { labelText } from './family.ts';
import type { Family } from './family.ts';

/** Media type of the text. */
export const CONTENT_TYPE: string = 'text/plain; version=0.0.4; charset=utf-8';

/** Bounds of a histogram: powers of two of a millisecond, 0.5 ms to 8.192 s, which are bounds of the buckets counted in. */
const BOUNDS: readonly { readonly le: string; readonly end: number }[] = Array.from(
  { length: 15 },
  (_, at) => {
    const ms = 2 ** (at - 1);
    return { le: `${ms / 1000}"} `, end: bucketOf(ms) };
  },
);

/** Writes families, one line each series, with a line end after the last. Those without series are left out.
 * HOT: benchmarks/monitor */
export function renderText(families: readonly Family[]): string {
  let page = '';
  for (const { name, help, type, samples } of families) {
    if (samples.length === 0) continue;
    page += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
    for (const { labels, text = labelText(labels), value, durations } of samples) {
      if (durations === undefined) {
        page +=
          text === ''
            ? `${name} ${numberText(value)}\n`
            : `${name}{${text}} ${numberText(value)}\n`;
      } else page += bars(name, text, durations);
    }
  }
  return page;
}

/** Lines of histograms that have not changed since they were written. Most have not: a page is asked for every few seconds. */
const written = new WeakMap<DurationCounts, { readonly name: string; readonly text: string }>();

function bars(metric: string, labels: string, durations: DurationCounts): string {
  const name = `${metric}{${labels}}`;
  const known = written.get(durations);
  if (known?.name === name) return known.text;
  const text = writeBars(metric, labels, durations);
  written.set(durations, { name, text });
  return text;
}

// Joined, for what is added up in pieces would be put together anew on each page.
function writeBars(
  name: string,
  labels: string,
  { buckets, count, sumMs }: DurationCounts,
): string {
  const first = labels === '' ? `${name}_bucket{le="` : `${name}_bucket{${labels},le="`;
  const lead = `\n${first}`;
  const tail = labels === '' ? '' : `{${labels}}`;
  const lines: string[] = [first];
  let seen = 0;
  let at = 0;
  for (const { le, end } of BOUNDS) {
    for (; at < end; at++) seen += buckets[at] ?? 0;
    lines.push(le, String(seen), lead);
  }
  lines.push('+Inf"} ', String(count));
  lines.push(`\n${name}_sum${tail} `, numberText(sumMs / 1000));
  lines.push(`\n${name}_count${tail} `, String(count), '\n');
  return lines.join('');
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
