// A metric with its series, as Prometheus and OpenTelemetry know it. Types, and how one is made.
// Invariant: names and labels are an interface of this package; durations are seconds, sizes bytes.
import type { DurationCounts } from '../snapshot/snapshot.ts';

/** Label to value. */
export type Labels = Readonly<Record<string, string>>;

/** One series. */
export interface Sample {
  readonly labels: Labels;
  /** The labels as they are written, where they are known already: see `labelText`. */
  readonly text?: string;
  /** Of a histogram: how many were measured. */
  readonly value: number;
  /** Of a histogram alone; ms. */
  readonly durations?: DurationCounts;
}

/** All series of one name. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
  /** Labels of few values, which stay when the others become `other`. */
  readonly few?: readonly string[];
}

/** Labels between their braces; '' for none. Also names a series among those of its family. */
export function labelText(labels: Labels): string {
  let text = '';
  for (const name in labels) {
    if (text !== '') text += ',';
    text += `${name}="${escapeLabel(labels[name]!)}"`;
  }
  return text;
}

function escapeLabel(text: string): string {
  if (!/[\\\n"]/.test(text)) return text;
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

/** A value without labels, or none. */
export function single(value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [{ labels: NO_LABELS, value }];
}

/** One series for each name. */
export function byName(label: string, counts: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

const NO_LABELS: Labels = Object.freeze({});
