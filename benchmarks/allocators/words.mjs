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

// `a` wins with x, before `b` (+8 %) and `c` (+12 %); what overlaps with the one before it is not told apart.
function order([first, ...others], unit) {
  const rest = others.map(({ label, median, min }, at) => {
    const before = at === 0 ? first : others[at - 1];
    const open = min <= before.max ? ', spreads overlap' : '';
    return `${label} (+${figure(100 * (median / first.median - 1))} %${open})`;
  });
  const lead = `${first.label} needs least, ${figure(first.median)} ${unit}`;
  return rest.length === 0 ? lead : `${lead}; then ${rest.join(', ')}`;
}
