// The tables that a frame fills by itself: tiers, engines, keys, reasons, queues, tasks, channels, parts and events.
// Rows come as they are to be shown; what a word means is reasons.js, what is not there is missing.js.
import { byId, drawing, element, setAttribute, setProse } from './dom.js';
import { bytes, count, moment, ms, percent, rate, text } from './format.js';
import { missing } from './missing.js';
import { sentenceOf } from './reasons.js';
import { makeTable } from './table.js';
import { stateOf } from './tiles.js';

/** How many of each are shown: those that come after tell little more. */
const KEYS = 10;
const EVENTS = 30;
const tierNames = { memory: 'Memory', remote: 'Redis', disk: 'Disk' };
const number = (title, format, of) => ({
  title,
  numeric: true,
  of: (row) => text(format, of(row)),
});
/** A count of what should not happen: marked as soon as it has. */
const trouble = (title, of) => ({ title, numeric: true, of: (row) => [text(count, of(row)), of(row) > 0 ? 'bad' : null] }); // prettier-ignore
const state = (of) => ({
  title: 'State',
  of: (row) => {
    const { mark, tone } = stateOf(of(row));
    return [`${mark} ${of(row)}`, tone];
  },
});

const definitions = [
  {
    into: 'cache-tables',
    id: 'table-tiers',
    caption: 'Tiers of the cache, fastest first',
    rows: (store) => store.frame.tiers,
    // The chart above says what is missing.
    hidden: (store) => store.frame.tiers.length === 0,
    empty: () => '',
    columns: [
      { title: 'Tier', of: (row) => tierNames[row.tier] ?? row.tier },
      state((row) => row.state),
      number('Hit ratio', percent, (row) => row.hitRatio),
      number('p50', ms, (row) => row.p50),
      number('p99', ms, (row) => row.p99),
      trouble('Errors', (row) => row.errors),
      trouble('Timeouts', (row) => row.timeouts),
    ],
  },
  {
    into: 'cache-tables',
    id: 'table-keys',
    caption: 'Keys hit most, counted while somebody watches',
    rows: (store) => (store.frame.keys ?? []).slice(0, KEYS),
    empty: (store) => missing.keys(store.frame) ?? 'No hit since somebody watches.',
    columns: [
      { title: 'Key', of: (row) => row.name },
      number('Hits', count, (row) => row.count),
      number('Now', rate, (row) => row.perSecond),
    ],
  },
  {
    into: 'cache-tables',
    id: 'table-engines',
    whole: true,
    caption: 'Caches in memory: what is used of each, and how much of that is alive',
    rows: (store) => store.frame.engines,
    hidden: (store) => store.frame.engines.length === 0,
    empty: () => '',
    columns: [
      { title: 'Cache', of: (row) => row.name },
      { title: 'Engine', of: (row) => [row.backend, row.backend === 'native' ? null : 'warn'] },
      { title: 'Memory', wide: true, cell: meter },
      number('Entries', count, (row) => row.entries),
      { title: 'Segments', numeric: true, of: segments },
      number('Hit ratio', percent, (row) => row.hitRatio),
      number('Evicted', count, (row) => row.evictions),
      number('Expired', count, (row) => row.expirations),
    ],
  },
  {
    into: 'cache-tables',
    id: 'table-reasons',
    whole: true,
    caption: 'Why responses were not cached',
    rows: (store) => store.frame.reasons,
    hidden: (store) => missing.responseCache(store.frame) !== undefined,
    empty: () => 'Every response that could be cached was.', // prettier-ignore
    columns: [
      { title: 'Reason', of: (row) => row.name },
      {
        title: 'What it means',
        wide: true,
        cell: (cell, row) => setProse(cell, sentenceOf(row.name)),
      },
      number('Responses', count, (row) => row.count),
      number('Now', rate, (row) => row.perSecond),
    ],
  },
  {
    into: 'tasks-tables',
    id: 'table-queues',
    whole: true,
    caption: 'Queues',
    rows: (store) => store.frame.tasks?.queues ?? [],
    empty: () => 'No queue is defined.',
    columns: [
      { title: 'Queue', of: (row) => row.queue },
      { title: 'State', of: (row) => (row.paused ? ['▲ paused', 'warn'] : ['● running', 'ok']) },
      number('Waiting', count, (row) => row.waiting),
      { title: 'Waiting by priority', of: priorities },
      number('Delayed', count, (row) => row.delayed),
      number('Active', count, (row) => row.active),
      trouble('Failed', (row) => row.failed),
      trouble('Dead', (row) => row.dead),
    ],
  },
  {
    into: 'tasks-tables',
    id: 'table-tasks',
    whole: true,
    caption: 'Tasks',
    rows: (store) => store.frame.tasks?.tasks ?? [],
    empty: () => 'No task is defined.',
    columns: [
      { title: 'Task', of: (row) => row.task },
      number('Completed', count, (row) => row.completed),
      trouble('Failed', (row) => row.failed),
      number('Tried again', count, (row) => row.retried),
      number('p50', ms, (row) => row.p50),
      number('p99', ms, (row) => row.p99),
    ],
  },
  {
    into: 'channels-tables',
    id: 'table-channels',
    whole: true,
    caption: 'Live channels',
    rows: (store) => (store.frame.channels === null ? [] : [store.frame.channels]),
    empty: () => '',
    columns: [
      state((row) => row.state),
      number('WebSocket', count, (row) => row.websocket),
      number('Event streams', count, (row) => row.sse),
      number('Channels', count, (row) => row.channels),
      number('Subscriptions', count, (row) => row.subscriptions),
      trouble('Dropped', (row) => row.dropped),
      number('Buffered', bytes, (row) => row.bufferedBytes),
    ],
  },
  {
    into: 'health-tables',
    id: 'table-health',
    caption: 'Parts of the application',
    rows: (store) => store.frame.health.parts,
    empty: () => 'No part tells of its health.',
    columns: [
      { title: 'Part', of: (row) => row.name },
      state((row) => row.state),
      { title: 'Why', wide: true, of: (row) => row.reason ?? '' },
    ],
  },
  {
    into: 'health-tables',
    id: 'table-events',
    caption: 'What happened, newest first',
    rows: (store) => store.events.slice(0, EVENTS),
    empty: () => 'Nothing yet: purges, tiers that come and go, changes of health, threads, actions of this page.', // prettier-ignore
    columns: [
      { title: 'Time', of: (row) => moment(row.at) },
      { title: 'Kind', of: (row) => row.kind },
      { title: 'Event', wide: true, of: (row) => [row.text, row.level === 'error' ? 'bad' : row.level === 'warn' ? 'warn' : null] }, // prettier-ignore
    ],
  },
];

/** Puts all tables into the page; the result draws them. */
export function makeTables() {
  const tables = definitions.map(({ into, whole, rows, empty, hidden, ...definition }) => {
    const table = makeTable(definition);
    table.wrap.classList.toggle('whole', whole === true);
    byId(into).append(table.wrap);
    return (store) => {
      table.wrap.hidden = hidden?.(store) ?? false;
      if (!table.wrap.hidden) table.draw(rows(store), empty(store));
    };
  });
  return (store) => {
    for (const draw of tables) draw(store);
  };
}

function priorities({ priorities: rows }) {
  if (rows.length === 0) return '–';
  return rows.map((row) => `${row.name} ${text(count, row.count)}`).join(', ');
}

function segments({ usedSegments, segments: most }) {
  return most === 0 ? '–' : `${text(count, usedSegments)} of ${text(count, most)}`;
}

/** A bar of what is alive and what is used, of the bound, with the figures beside it. */
function meter(cell, { liveBytes, usedBytes, maxBytes }) {
  if (cell.firstChild === null) {
    const bar = drawing('svg', { class: 'meter', viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' }); // prettier-ignore
    bar.append(
      drawing('rect', { class: 'all', width: 100, height: 8 }),
      drawing('rect', { class: 'used', height: 8 }),
      drawing('rect', { class: 'live', height: 8 }),
    );
    cell.append(element('span'), bar);
  }
  const [words, bar] = cell.children;
  const share = (value) =>
    maxBytes === 0 ? 0 : Math.min(100, (value / maxBytes) * 100).toFixed(1);
  setAttribute(bar.children[1], 'width', share(usedBytes));
  setAttribute(bar.children[2], 'width', share(liveBytes));
  const shown = `${text(bytes, usedBytes)} of ${text(bytes, maxBytes)}, ${text(bytes, liveBytes)} alive`;
  if (words.textContent !== shown) words.textContent = shown;
}
