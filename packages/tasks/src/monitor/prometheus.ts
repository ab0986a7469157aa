// Metrics as Prometheus reads them: the text format 0.0.4. Serving it, and behind which guard, is the application's.
// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
import type { Family, Labels } from './families.ts';

/** Media type of what `prometheusText` gives. */
export const prometheusContentType: string = 'text/plain; version=0.0.4; charset=utf-8';

/** Writes families as text, one line each sample, with a line end after the last. Those without samples are left out. */
export function renderText(families: readonly Family[]): string {
  let text = '';
  for (const { name, help, type, samples } of families) {
    if (samples.length === 0) continue;
    text += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
    for (const sample of samples) {
      text += `${sample.name}${labelText(sample.labels)} ${numberText(sample.value)}\n`;
    }
  }
  return text;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
