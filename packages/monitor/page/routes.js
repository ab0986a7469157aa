// The table of routes: searched, sorted and paged by the server, so that ten thousand routes cost as much as ten.
// Invariant: the first page by requests comes with every frame; anything else is asked for, again each five seconds, and an
// answer that came too late is not shown.
import { byId, setText } from './dom.js';
import { said } from './feed.js';
import { count, ms, percent, rate, text } from './format.js';
import { makeTable } from './table.js';

const narrow = matchMedia('(max-width: 760px)');
const pageSize = () => (narrow.matches ? 5 : 10);
const EVERY = 5000;
const PATIENCE = 250;
const number = (title, sort, format, of) => ({ title, sort, numeric: true, of: (row) => text(format, of(row)) }); // prettier-ignore
const columns = [
  { title: 'Route', sort: 'route', of: (row) => `${row.method} ${row.route}` },
  number('Now', 'perSecond', rate, (row) => row.perSecond),
  number('Requests', 'requests', count, (row) => row.requests),
  { title: 'Errors', sort: 'errors', numeric: true, of: (row) => [text(count, row.errors), row.errors > 0 ? 'bad' : null] }, // prettier-ignore
  number('p50', 'p50', ms, (row) => row.latency.p50),
  number('p95', 'p95', ms, (row) => row.latency.p95),
  number('p99', 'p99', ms, (row) => row.latency.p99),
  number('Hits', 'hits', count, (row) => row.hits),
  { title: 'Hit ratio', numeric: true, of: (row) => text(percent, ratio(row)) },
  number('Not stored', 'notStored', count, (row) => row.notStored),
];

/** Makes the table; the result draws the last frame's rows where they are what is asked for. */
export function makeRoutes() {
  let query = '';
  let sort = '-perSecond';
  let offset = 0;
  let asked = 0;
  let askedAt = 0;
  let timer;
  let total = 0;
  const search = byId('routes-search');
  const previous = byId('routes-previous');
  const next = byId('routes-next');
  const place = byId('routes-place');
  const problem = byId('routes-problem');
  const table = makeTable({ id: 'table-routes', caption: 'Routes, by template', columns, onSort });
  byId('routes-table').append(table.wrap);
  table.sorted('perSecond', true);
  search.addEventListener('input', () => {
    query = search.value.trim();
    offset = 0;
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), PATIENCE);
  });
  previous.addEventListener('click', () => turn(-pageSize()));
  next.addEventListener('click', () => turn(pageSize()));

  return (store) => {
    if (live()) {
      asked += 1;
      setText(problem, '');
      show(store.frame.routes.slice(0, pageSize()), store.frame.routeCount);
    } else if (performance.now() - askedAt > EVERY) void ask();
  };

  function live() {
    return query === '' && sort === '-perSecond' && offset === 0;
  }

  function turn(by) {
    offset = Math.max(0, Math.min(offset + by, total - 1));
    void ask();
  }

  function onSort(key) {
    const first = key === 'route' ? key : `-${key}`;
    const other = key === 'route' ? `-${key}` : key;
    sort = sort === first ? other : first;
    offset = 0;
    table.sorted(key, sort.startsWith('-'));
    void ask();
  }

  async function ask() {
    asked += 1;
    askedAt = performance.now();
    const mine = asked;
    const parameters = new URLSearchParams({ q: query, sort, offset: String(offset), limit: String(pageSize()) }); // prettier-ignore
    try {
      const response = await fetch(`data/routes?${parameters}`, { signal: AbortSignal.timeout(10_000) }); // prettier-ignore
      const answer = response.ok ? await response.json() : undefined;
      const refusal = response.ok ? '' : await said(response);
      if (mine !== asked) return;
      setText(problem, refusal);
      if (answer !== undefined) show(answer.rows, answer.total);
    } catch {
      if (mine === asked) setText(problem, 'The server did not answer; the rows are older.');
    }
  }

  function show(rows, all) {
    total = all;
    table.draw(rows, query === '' ? 'No request has come yet.' : `No route contains “${query}”.`);
    const first = rows.length === 0 ? 0 : offset + 1;
    setText(
      place,
      `${text(count, first)} to ${text(count, offset + rows.length)} of ${text(count, all)}`,
    );
    previous.disabled = offset === 0;
    next.disabled = offset + rows.length >= all;
  }
}

function ratio({ hits, misses }) {
  return hits === null || misses === null || hits + misses === 0 ? null : hits / (hits + misses);
}
