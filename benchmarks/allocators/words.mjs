// Who wins where, in sentences made from the samples, so that the words cannot say more than the figures.
import { groupBy } from '../lib/report.mjs';
import { summarize } from '../lib/statistics.mjs';
import { figure } from '../lib/table.mjs';

const QUESTIONS = [
  { what: 'Memory', unit: 'of the live bytes', of: (sample) => sample.overLive },
  { what: 'CPU time', unit: 'ns an operation', of: (sample) => sample.cpuNs },
];

/** @returns {string[]} one sentence for each table and question, as Markdown list items */
export function winners(measures) {
  const lines = [];
  for (const [group, rows] of groupBy(measures)) {
    for (const { what, unit, of } of QUESTIONS) {
      const ranked = rows
        .map(({ label, details }) => ({ label, ...summarize(details.map(of)) }))
        .sort((a, b) => a.median - b.median);
      lines.push(`- **${what}, ${group.replace('churn, ', '')}**: ${order(ranked, unit)}.`);
    }
  }
  return lines;
}

// The share is what is needed above the first; where the spreads of both overlap, that one is not proved to be behind.
function order([first, ...others], unit) {
  const rest = others.map(({ label, median, min }) => {
    const open = min <= first.max ? ', not proved: its spread overlaps with the first' : '';
    return `_${label}_ (+${figure(100 * (median / first.median - 1))} %${open})`;
  });
  const lead = `_${first.label}_ needs least, ${figure(first.median)} ${unit}`;
  return rest.length === 0 ? lead : `${lead}; then ${rest.join(', ')}`;
}
