// Ties the page together: what the feed brings goes into the store, and is drawn once per animation frame at most.
// Invariant: pausing stops the drawing and nothing else, so no second is missing afterwards.
import { makeActions } from './actions.js';
import { repaint } from './chart.js';
import { makeCharts } from './charts.js';
import { onTheme, startTheme } from './colours.js';
import { byId, element, setAttribute, setProse, setText } from './dom.js';
import { openFeed } from './feed.js';
import { clock, duration } from './format.js';
import { missing } from './missing.js';
import { makeRoutes } from './routes.js';
import { makeStore } from './store.js';
import { makeTables } from './tables.js';
import { makeTiles, stateOf } from './tiles.js';

const store = makeStore();
startTheme();
const charts = makeCharts();
const drawTiles = makeTiles();
const drawTables = makeTables();
const drawRoutes = makeRoutes();
const welcomeActions = makeActions();
let range = 'quarter';
let paused = false;
let scheduled = false;
let health;
let connection = { name: 'connecting' };
let countdown;

onTheme(repaint);
for (const choice of document.querySelectorAll('input[name="range"]')) {
  choice.addEventListener('change', () => {
    range = choice.value;
    schedule(true);
  });
}
byId('pause').addEventListener('click', () => {
  paused = !paused;
  store.hold(paused);
  setAttribute(byId('pause'), 'aria-pressed', paused);
  setText(byId('pause'), paused ? 'Go on' : 'Pause');
  tellState();
  schedule();
});

openFeed({
  hello(hello) {
    store.welcome(hello);
    document.title = `${hello.title} · Catzilla`;
    setText(byId('title'), hello.title);
    byId('links').replaceChildren(
      ...hello.links.map((link) => element('a', { href: safe(link.href) }, link.title)),
    );
    welcomeActions(hello);
    schedule();
  },
  history(hello) {
    store.welcome(hello);
    schedule();
  },
  frame(frame) {
    store.take(frame);
    schedule();
  },
  state(next) {
    connection = next;
    clearInterval(countdown);
    if (next.name === 'waiting') countdown = setInterval(tellState, 1000);
    tellState();
  },
});

/** Draws at the next animation frame; `evenPaused` for what somebody has asked for meanwhile. */
function schedule(evenPaused = false) {
  if (scheduled || store.frame === undefined || (paused && !evenPaused)) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    draw();
  });
}

function draw() {
  const view = store.view(range);
  const { totals, health: now } = store.frame;
  drawTiles(view, store);
  for (const chart of charts) chart.draw(view, store);
  drawRoutes(store);
  drawTables(store);
  drawAbsent('tasks', missing.tasks(store.frame));
  drawAbsent('channels', missing.channels(store.frame));
  setText(byId('about'), aboutOf(totals));
  // Said aloud when it changes, and only then.
  if (health !== undefined && health !== now.state) setText(byId('announce'), `Health: ${stateOf(now.state).word}`); // prettier-ignore
  health = now.state;
}

/** A whole section of which nothing is there: one sentence in its place. */
function drawAbsent(section, reason) {
  const empty = byId(`${section}-empty`);
  setProse(empty, reason ?? '');
  empty.hidden = reason === undefined;
  for (const part of ['charts', 'tables']) byId(`${section}-${part}`).hidden = reason !== undefined;
}

function aboutOf({ uptimeMs, threads, node, backend }) {
  const parts = [`up ${duration(uptimeMs)}`, threads === 1 ? '1 thread' : `${threads} threads`, `Node ${node.replace(/^v/, '')}`]; // prettier-ignore
  if (backend !== null) parts.push(`${backend} cache`);
  return parts.join(' · ');
}

/** The state of the connection; the words that are read aloud change with the state, not with the countdown. */
function tellState() {
  const { name, retryAt, reason } = connection;
  const rest = Math.max(0, Math.ceil(((retryAt ?? 0) - Date.now()) / 1000));
  const shown = paused && name === 'live' ? 'paused' : name;
  const words = {
    connecting: 'Connecting …',
    live: 'Live',
    paused: `Paused at ${clock(store.frame?.point.at ?? Date.now())}`,
    waiting: 'Connection lost',
    resting: 'Resting, since nobody was looking',
  };
  setAttribute(byId('state'), 'data-state', shown);
  if (shown !== 'paused' || !byId('state-word').textContent.startsWith('Paused')) setText(byId('state-word'), words[shown]); // prettier-ignore
  setText(byId('state-more'), name === 'waiting' ? `${reason === undefined ? '' : `${reason}; `}again in ${rest} s, what is shown is older` : ''); // prettier-ignore
}

/** A link of the application's: to a page, never to a script. */
function safe(href) {
  const url = new URL(href, location.href);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : '#';
}
