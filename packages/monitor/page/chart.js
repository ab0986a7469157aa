// One figure: a chart by uPlot with its title, its legend of current values, and the same as text and as a table.
// Invariant: drawn only while it is on the screen; no layout is read while drawing (sizes come from a ResizeObserver).
import uPlot from './uplot.js';
import { colours } from './colours.js';
import { drawing, element, setAttribute, setProse, setText } from './dom.js';
import { clock, text } from './format.js';

const FONT = '11px system-ui, sans-serif';
const ROWS = 16;
/** How often the summary and an open table are written anew, ms: nobody can read faster. */
const SAY_EVERY = 10_000;
const dashes = { solid: undefined, dashed: [7, 4], dotted: [2, 3] };
const plots = new Map();
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) plots.get(entry.target).seen(entry.isIntersecting);
});
const sizes = new ResizeObserver((entries) => {
  for (const entry of entries) plots.get(entry.target)?.resized(entry.contentRect);
});

/** Redraws every chart in the colours of now. */
export function repaint() {
  for (const chart of plots.values()) chart.repaint?.();
}

/**
 * A figure of `definition`: { id, title, format, axis?, top?, log?, series: [{ label, of(point), colour, dash?, width?, wash? }], absent?(store) }.
 * @returns { figure, draw(view, store) }
 */
export function makeChart(definition) {
  const { id, title, format, series } = definition;
  const values = series.map(() => element('b', { class: 'value' }));
  const when = element('span', { class: 'when' }, 'now');
  const summary = element('p', { class: 'unseen', id: `${id}-summary` });
  const plot = element('div', { class: 'plot', role: 'slider', tabindex: '0', 'aria-label': `${title}, point in time`, 'aria-valuemin': '0', 'aria-valuemax': '0', 'aria-valuenow': '0' }); // prettier-ignore
  const empty = element('p', { class: 'empty', hidden: true });
  const table = element('table', { class: 'points' });
  const details = element('details', { 'aria-label': `${title} as a table` }, element('summary', {}, 'Show as table', element('span', { class: 'unseen' }, `: ${title}`)), table); // prettier-ignore
  const legend = element(
    'ul',
    { class: 'legend' },
    ...series.map((one, index) => element('li', {}, swatch(one), one.label, ' ', values[index])),
  );
  const figure = element(
    'figure',
    { class: 'chart', id, 'aria-labelledby': `${id}-title`, 'aria-describedby': `${id}-summary` },
    element('figcaption', {}, element('h3', { id: `${id}-title` }, title), when),
    legend,
    plot,
    empty,
    summary,
    details,
  );

  let chart;
  let view;
  let visible = false;
  let stale = true;
  let held;
  let said = { range: '', to: 0 };
  let columns = [[], ...series.map(() => [])];
  const self = {
    figure,
    draw(next, store) {
      view = next;
      const reason = definition.absent?.(store);
      setProse(empty, reason ?? '');
      for (const part of [legend, plot, details]) part.hidden = reason !== undefined;
      empty.hidden = reason === undefined;
      setText(when, reason === undefined ? when.textContent : '');
      if (reason !== undefined) return;
      stale = true;
      say();
      if (visible) paint();
    },
  };
  plots.set(plot, {
    seen(now) {
      visible = now;
      if (visible && stale && view !== undefined) paint();
    },
    resized({ width, height }) {
      if (width === 0 || height === 0) return;
      if (chart === undefined) start(width, height);
      else chart.setSize({ width, height });
    },
    repaint() {
      chart?.redraw(false, true);
    },
  });
  seen.observe(plot);
  sizes.observe(plot);
  details.addEventListener('toggle', () => tabulate());
  plot.addEventListener('keydown', move);
  plot.addEventListener('blur', () => hold(undefined));
  return self;

  function start(width, height) {
    chart = new uPlot(options(definition, { width, height }, { range: () => window(), told }), columns, plot); // prettier-ignore
  }

  /** Where the x axis begins and ends, in seconds. */
  function window() {
    return view === undefined ? [0, 1] : [view.from / 1000, view.to / 1000];
  }

  /** What is text: always of now, since not everybody looks. */
  function say() {
    columns = columnsOf(view, series);
    setAttribute(plot, 'aria-valuemax', Math.max(columns[0].length - 1, 0));
    if (chart?.cursor.idx === null || chart?.cursor.idx === undefined) told(chart);
    if (view.range !== said.range || view.to - said.to >= SAY_EVERY) {
      said = view;
      setText(summary, summaryOf());
      tabulate();
    }
  }

  function paint() {
    stale = false;
    if (chart === undefined) return;
    chart.setData(columns);
    if (held !== undefined) hold(held);
  }

  /** The legend: of the cursor's moment, or of now. */
  function told(at) {
    const index = at?.cursor.idx ?? columns[0].length - 1;
    const resting = at?.cursor.idx === null || at?.cursor.idx === undefined;
    const time = columns[0][index];
    setText(when, resting || time === undefined ? 'now' : clock(time * 1000));
    for (const [place, value] of values.entries()) {
      setText(value, text(format, columns[place + 1][index]));
    }
    setAttribute(plot, 'aria-valuenow', Math.max(index, 0));
    setAttribute(plot, 'aria-valuetext', time === undefined ? 'nothing yet' : spoken(index));
  }

  function spoken(index) {
    const parts = series.map((one, place) => `${one.label} ${text(format, columns[place + 1][index])}`); // prettier-ignore
    return `${clock(columns[0][index] * 1000)}: ${parts.join(', ')}`;
  }

  function summaryOf() {
    const parts = series.map((one, place) => {
      const known = columns[place + 1].filter((value) => value !== null);
      if (known.length === 0) return `${one.label}: nothing measured`;
      const [low, high] = known.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]); // prettier-ignore
      return `${one.label}: now ${text(format, columns[place + 1].at(-1))}, lowest ${text(format, low)}, highest ${text(format, high)}`;
    });
    return `From ${clock(view.from)} to ${clock(view.to)}. ${parts.join('. ')}.`;
  }

  /** Arrow keys move the cursor of all charts; the slider's value text says what is there. */
  function move(event) {
    const last = columns[0].length - 1;
    if (last < 0) return;
    const from = chart?.cursor.idx ?? last;
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -30, PageUp: 30, Home: -last, End: last }; // prettier-ignore
    if (event.key === 'Escape') hold(undefined);
    else if (Object.hasOwn(steps, event.key)) {
      const to = Math.min(Math.max(from + steps[event.key], 0), last);
      hold(columns[0][to]);
    } else return;
    event.preventDefault();
  }

  function hold(time) {
    if (time === undefined && held === undefined) return;
    held = time;
    if (chart === undefined) return;
    const left = time === undefined ? -10 : chart.valToPos(time, 'x');
    chart.setCursor({ left, top: time === undefined ? -10 : 10 }, true, true);
  }

  /** Made only while it is open, of at most sixteen moments. */
  function tabulate() {
    if (!details.open) return;
    const step = Math.max(1, Math.ceil(columns[0].length / ROWS));
    const picked = columns[0].map((_, index) => index).filter((index) => (columns[0].length - 1 - index) % step === 0); // prettier-ignore
    table.replaceChildren(
      element('caption', {}, `${title}, oldest first`),
      element('thead', {}, element('tr', {}, ...['Time', ...series.map((one) => one.label)].map((name) => element('th', { scope: 'col' }, name)))), // prettier-ignore
      element('tbody', {}, ...picked.map((index) => element('tr', {}, element('th', { scope: 'row' }, clock(columns[0][index] * 1000)), ...series.map((_, place) => element('td', {}, text(format, columns[place + 1][index])))))), // prettier-ignore
    );
  }
}

/** Times in seconds and one column for each line; a break is a row of nulls. */
function columnsOf(view, series) {
  const columns = [[], ...series.map(() => [])];
  for (const [index, point] of view.points.entries()) {
    const at = point === null ? view.points[index - 1].at + 1 : point.at;
    columns[0].push(at / 1000);
    for (const [place, one] of series.entries()) {
      columns[place + 1].push(point === null ? null : (one.of(point) ?? null));
    }
  }
  return columns;
}

function options(
  { format, axis: marks = format, top, series, binary, log },
  size,
  { range, told },
) {
  const axis = {
    stroke: () => colours.soft,
    font: FONT,
    grid: { stroke: () => colours.line, width: 1 },
    ticks: { show: false },
  };
  return {
    ...size,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 7, width: 0, fill: (u, index) => colours[series[index - 1].colour] },
      sync: { key: 'catzilla', setSeries: false },
    },
    scales: {
      x: { time: true, range },
      y: log
        ? { distr: 3, range: (u, low, high) => decades(low, high) }
        : { range: (u, low, high) => [0, roof(high, top, binary)] },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 70, size: 24, values: (u, splits) => splits.map((at) => clock(at * 1000, splits.length > 1 && splits[1] - splits[0] < 60)) }, // prettier-ignore
      { ...axis, space: 34, size: 58, ...(binary ? { incrs: powers } : {}), ...(log ? { splits: tens, filter: (u, splits) => splits } : {}), values: (u, splits) => splits.map((value) => text(marks, value)) }, // prettier-ignore
    ],
    series: [{}, ...series.map(line)],
    hooks: { setCursor: [told] },
  };
}

function line({ label, colour, dash, width, wash }) {
  return {
    label,
    stroke: () => colours[colour],
    width: width ?? 1.75,
    dash: dashes[dash ?? 'solid'],
    ...(wash ? { fill: () => colours[`${colour}-wash`] } : {}),
    points: { show: true, size: 4, fill: () => colours[colour], width: 0, filter: lonely },
  };
}

/** The points that have no neighbour, which a line would not show. */
function lonely(u, index) {
  const column = u.data[index];
  const found = [];
  for (const [place, value] of column.entries()) {
    const alone = (column[place - 1] ?? null) === null && (column[place + 1] ?? null) === null;
    if (value !== null && alone) found.push(place);
  }
  return found;
}

const powers = Array.from({ length: 50 }, (_, exponent) => 2 ** exponent);

/** The top of the y axis: a little above what is there, or what the definition says. */
function roof(high, top, binary) {
  if (top !== undefined) return top;
  if (high === null || high === undefined || high <= 0) return binary ? 1024 : 1;
  return high * 1.1;
}

/** The powers of ten around what is there. What is 0 lies below them. */
function decades(low, high) {
  if (low === null || low === undefined || !(low > 0)) return [0.01, 1];
  const first = Math.floor(Math.log10(low));
  return [10 ** first, 10 ** Math.max(Math.ceil(Math.log10(high)), first + 1)];
}

/** The lines of such an axis: each power of ten, with what lies between them where there are few. */
function tens(u, axis, low, high) {
  const [first, last] = [low, high].map((end) => Math.round(Math.log10(end)));
  const steps = last - first > 2 ? [1] : [1, 2, 5];
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index))
    .flatMap((power) => steps.map((step) => step * power))
    .filter((value) => value <= high);
}

function swatch({ colour, dash, width }) {
  return drawing(
    'svg',
    { class: `swatch ${colour}`, width: 18, height: 8, viewBox: '0 0 18 8', 'aria-hidden': 'true' },
    drawing('line', { x1: 0, x2: 18, y1: 4, y2: 4, 'stroke-width': (width ?? 1.75) + 0.5, 'stroke-dasharray': dashes[dash ?? 'solid']?.map((part) => part * 0.8).join(' ') }), // prettier-ignore
  );
}
