// The first screen: health, hit ratio, requests, p99 and memory as large figures, each with its line of the range.
// Invariant: a figure is the last frame's, to the digit that is shown; the line is drawn from the points of the charts.
import { byId, drawing, element, setAttribute, setText } from './dom.js';
import { bytes, duration, ms, percent, rate, text } from './format.js';
import { missing } from './missing.js';

const WIDTH = 160;
const HEIGHT = 36;
const well = { mark: '●', tone: 'ok' };
const soon = { mark: '◌', tone: 'warn' };
const states = {
  ok: { ...well, word: 'Healthy' },
  ready: { ...well, word: 'Healthy' },
  live: well,
  open: well,
  running: well,
  starting: soon,
  connecting: soon,
  pending: soon,
  draining: soon,
  closing: soon,
  degraded: { mark: '▲', tone: 'warn' },
  paused: { mark: '▲', tone: 'warn' },
  off: { mark: '○', tone: null },
};

/** Makes the figures; the result draws them. */
export function makeTiles() {
  const tiles = [
    tile('hit-ratio', 'Hit ratio', percent, (point) => point.hitRatio, hitRatioNote, 1),
    tile('requests', 'Requests', rate, (point) => point.requests, requestsNote),
    tile('p99', 'Time to answer, p99', ms, (point) => point.latency.p99, p99Note),
    tile('memory', 'Process memory', bytes, (point) => point.rssBytes, memoryNote),
  ];
  const health = healthTile();
  byId('tiles').append(health.item, ...tiles.map((one) => one.item));
  return (view, store) => {
    health.draw(store.frame.health);
    for (const one of tiles) one.draw(view, store.frame);
  };
}

/** How a state is called, and its mark: a shape, so that it is not told by colour alone. */
export function stateOf(state) {
  const known = Object.hasOwn(states, state) ? states[state] : { mark: '■', tone: 'bad' };
  return { word: state.charAt(0).toUpperCase() + state.slice(1), ...known };
}

function healthTile() {
  const mark = element('span', { class: 'mark', 'aria-hidden': 'true' });
  const word = element('span', { 'data-figure': 'health' }, '–');
  const note = element('p', { class: 'note' });
  const item = element(
    'li',
    { class: 'tile health' },
    element('h3', {}, 'Health'),
    element('p', { class: 'figure' }, mark, ' ', word),
    note,
  );
  return {
    item,
    draw({ state, parts }) {
      const { word: name, mark: shape, tone } = stateOf(state);
      setText(mark, shape);
      setText(word, name);
      setAttribute(item, 'data-tone', tone);
      const troubled = parts.filter((part) => ['warn', 'bad'].includes(stateOf(part.state).tone));
      setText(
        note,
        troubled.length === 0
          ? parts.length === 0
            ? 'No part tells of its health'
            : `All is well with ${parts.map((part) => part.name).join(', ')}`
          : troubled.map((part) => `${part.name}: ${part.reason ?? part.state}`).join(' · '),
      );
    },
  };
}

function tile(name, title, format, of, note, top) {
  const figure = element('span', { 'data-figure': name }, '–');
  const unit = element('span', { class: 'unit' });
  const words = element('p', { class: 'note' });
  const area = drawing('path', { class: 'area' });
  const line = drawing('path', { class: 'line' });
  const spark = drawing(
    'svg',
    {
      class: 'spark',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    },
    area,
    line,
  );
  const item = element('li', { class: 'tile' }, element('h3', {}, title), element('p', { class: 'figure' }, figure, unit), words, spark); // prettier-ignore
  return {
    item,
    draw(view, frame) {
      const [shown, itsUnit] = format(of(frame.point));
      setText(figure, shown);
      setText(unit, itsUnit === '' ? '' : ` ${itsUnit}`);
      setText(words, note(frame));
      const paths = pathsOf(view, of, top);
      setAttribute(line, 'd', paths.line);
      setAttribute(area, 'd', paths.area);
    },
  };
}

/** Line and area of a range, one step for each two pixels at most; a gap stays a gap. */
function pathsOf(view, of, top) {
  const cells = WIDTH / 2;
  const sums = Array.from({ length: cells }, () => ({ sum: 0, count: 0 }));
  for (const point of view.points) {
    const value = point === null ? null : of(point);
    if (value !== null && value !== undefined) {
      const cell = sums[Math.min(cells - 1, Math.max(0, Math.floor(((point.at - view.from) / (view.to - view.from)) * cells)))]; // prettier-ignore
      if (cell !== undefined) {
        cell.sum += value;
        cell.count += 1;
      }
    }
  }
  const known = sums.map((cell, index) => [index, cell.count === 0 ? null : cell.sum / cell.count]).filter(([, value]) => value !== null); // prettier-ignore
  if (known.length === 0) return { line: '', area: '' };
  const high = top ?? (Math.max(...known.map(([, value]) => value)) * 1.1 || 1);
  const x = (index) => ((index / (cells - 1)) * WIDTH).toFixed(1);
  const y = (value) => (HEIGHT - 1 - (value / high) * (HEIGHT - 3)).toFixed(1);
  const line = known.map(([index, value], place) => `${place === 0 ? 'M' : 'L'}${x(index)} ${y(value)}`).join(''); // prettier-ignore
  return { line, area: `${line}L${x(known.at(-1)[0])} ${HEIGHT}L${x(known[0][0])} ${HEIGHT}Z` };
}

function hitRatioNote(frame) {
  const { hits, misses } = frame.totals;
  const absent = missing.responseCache(frame);
  if (absent !== undefined) return 'No response cache is registered';
  if (hits + misses === 0) return 'Nothing was asked yet';
  const saved = duration(frame.totals.savedMs);
  return `${text(percent, hits / (hits + misses))} since the start, ${saved} of work saved`;
}

function requestsNote({ point, totals }) {
  const failed = point.errors > 0 ? `${text(rate, point.errors)} errors` : 'no errors';
  return `${totals.requests.toLocaleString('en')} since the start, ${failed} now`;
}

function p99Note({ point }) {
  return `half within ${text(ms, point.latency.p50)}, 95 of 100 within ${text(ms, point.latency.p95)}`;
}

function memoryNote({ point }) {
  const heap = `heap ${text(bytes, point.heapUsedBytes)}`;
  if (point.cacheMaxBytes === 0) return heap;
  return `cache ${text(bytes, point.cacheUsedBytes)} of ${text(bytes, point.cacheMaxBytes)}, ${heap}`;
}
