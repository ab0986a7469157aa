// Plain-text and Markdown tables from rows of cells.

/** Columns padded for a terminal; the first column to the left, others to the right. */
export function textTable(header, rows) {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const render = (line) =>
    line.map((cell, at) => (at ? cell.padStart(widths[at]) : cell.padEnd(widths[at]))).join('  ');
  return [
    render(header),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...rows.map(render),
  ].join('\n');
}

/** The same as a Markdown table, aligned the way prettier does it. */
export function markdownTable(header, rows) {
  const lines = [header, ...rows].map((line) => line.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = header.map((_, at) => Math.max(3, ...lines.map((line) => line[at].length)));
  const render = (line) =>
    `| ${line.map((cell, at) => (at ? cell.padStart(widths[at]) : cell.padEnd(widths[at]))).join(' | ')} |`;
  const rule = widths.map((width, at) => (at ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [render(lines[0]), `| ${rule.join(' | ')} |`, ...lines.slice(1).map(render)].join('\n');
}

/** A figure with three significant digits, thousands grouped. */
export function figure(value) {
  if (value === undefined || Number.isNaN(value)) return '-';
  const size = Math.abs(value);
  const digits = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ',');
}
