// From ratios to verdicts, and the table that ends a run.
import { figure, textTable } from './table.mjs';

/**
 * Sets each ratio beside its target.
 * @returns rows { id, means, unit, max | min, value, met, missedBy } with missedBy as a share of the target
 */
export function judge(ratios, targets) {
  return Object.entries(targets)
    .filter(([id]) => id in ratios)
    .map(([id, target]) => {
      const value = ratios[id];
      const bound = target.max ?? target.min;
      const met = 'max' in target ? value <= bound : value >= bound;
      return {
        id,
        ...target,
        value,
        met,
        ...(met ? {} : { missedBy: Math.abs(value - bound) / bound }),
      };
    });
}

export function bound(verdict) {
  return 'max' in verdict ? `<= ${figure(verdict.max)}` : `>= ${figure(verdict.min)}`;
}

export function outcome(verdict) {
  return verdict.met ? 'reached' : `missed by ${figure(verdict.missedBy * 100)} %`;
}

/** All groups of measures and the verdicts, as text. */
export function printResult({ measures, verdicts }, columnsOf) {
  const parts = [];
  for (const [group, rows] of groupBy(measures)) {
    const { header, cells } = columnsOf(rows[0].kind);
    parts.push(`\n${group}\n${textTable(header, rows.map(cells))}`);
  }
  if (verdicts.length > 0) {
    const rows = verdicts.map((one) => [one.id, figure(one.value), bound(one), outcome(one)]);
    parts.push(`\ntargets\n${textTable(['ratio', 'figure', 'target', 'outcome'], rows)}`);
  }
  return parts.join('\n');
}

/** Measures by group, in order of first appearance (Map.groupBy is missing before Node 21). */
export function groupBy(measures) {
  const groups = new Map();
  for (const one of measures) {
    if (!groups.has(one.group)) groups.set(one.group, []);
    groups.get(one.group).push(one);
  }
  return groups;
}
