// What the hit-ratio tables say, as sentences made from their figures: where ours is the best of those that cannot see
// the future, where others are better and by how much. Losses are named like gains.
import { groupBy } from '../lib/report.mjs';
import { median } from '../lib/statistics.mjs';

const RIVALS = {
  lru: 'LRU',
  fifo: 'FIFO',
  sieve: 'SIEVE',
  s3fifo: 'S3-FIFO',
  s3fifoTwo: 'S3-FIFO with two hits',
  wTinyLfu: 'W-TinyLFU',
};
/** Hit ratios nearer than this are called equal: more than seeds differ by, less than anyone would notice. */
const EQUAL = 0.002;

/** @returns Markdown list items, one per capacity */
export function findings(measures) {
  const groups = groupBy(measures.filter(({ kind }) => kind === 'policies'));
  return [...groups].map(([group, rows]) => `- **${capitalized(group)}**: ${sentences(rows)}`);
}

function sentences(rows) {
  const compared = rows.map(compare);
  const behind = compared
    .filter(({ ours, best }) => best.ratio - ours > EQUAL)
    .map(({ label, ours, best }) => `${label} (${best.label} by ${points(best.ratio - ours)})`);
  const leading = compared
    .filter(({ ours, best }) => best.ratio - ours <= EQUAL)
    .map(({ label }) => label);
  const belowLru = compared.filter(({ ours, lru }) => lru > ours).map(({ label }) => label);
  return [
    leading.length > 0 ? `ours is the best, or equal to it, on ${list(leading)}.` : '',
    behind.length > 0 ? `Another is better on ${list(behind)}.` : '',
    belowLru.length > 0
      ? `Exact LRU is above ours on ${list(belowLru)}.`
      : 'Exact LRU is above ours on no trace.',
  ]
    .filter(Boolean)
    .join(' ');
}

function compare({ label, details }) {
  const of = (field) => median(details.map((sample) => sample[field]));
  const best = Object.entries(RIVALS)
    .map(([field, name]) => ({ label: name, ratio: of(field) }))
    .reduce((a, b) => (b.ratio > a.ratio ? b : a));
  return { label, ours: of('ours'), lru: of('lru'), best };
}

function points(difference) {
  return `${(100 * difference).toFixed(1)} points`;
}

function list(words) {
  return words.join('; ');
}

function capitalized(text) {
  return text[0].toUpperCase() + text.slice(1);
}
