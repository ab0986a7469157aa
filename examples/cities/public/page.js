// The page of the cities example: shows the server's state as it comes (server-sent events), fires real
// requests one after another, and shows how long each took and what its Cache-Status says.

import { sparkline } from './sparkline.js';

const LOG_ROWS = 100;
const COUNTRIES = ['FR', 'DE', 'JP', 'BR', 'KE', 'CA', 'IN', 'AU', 'MX', 'ID', 'TR', 'VN'];
const SYLLABLES = ['san', 'ber', 'lon', 'kyo', 'mar', 'del', 'que', 'nor', 'ista', 'val', 'hamm'];
const POINTS = [
  'lat=48.85&lon=2.35',
  'lat=35.68&lon=139.69',
  'lat=-1.29&lon=36.82',
  'lat=-33.87&lon=151.21',
];

const $ = (id) => document.getElementById(id);
const pick = (list) => list[Math.floor(Math.random() * list.length)];
const whole = new Intl.NumberFormat('en');
const show = (id, text) => {
  const element = $(id);
  if (element.textContent !== text) element.textContent = text;
};

function milliseconds(value) {
  if (value === null || value === undefined) return '–';
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

function bytes(value) {
  if (value < 1024) return [String(value), 'B'];
  if (value < 1048576) return [(value / 1024).toFixed(value < 10240 ? 1 : 0), 'KiB'];
  return [(value / 1048576).toFixed(value < 10485760 ? 1 : 0), 'MiB'];
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// --- The server's state -------------------------------------------------------------------------

const sparks = {
  ratio: sparkline($('spark-ratio'), { max: 1 }),
  hit: sparkline($('spark-hit')),
  miss: sparkline($('spark-miss')),
  entries: sparkline($('spark-entries')),
  rss: sparkline($('spark-rss')),
};

function listen() {
  const source = new EventSource('/events');
  source.onmessage = ({ data }) => update(JSON.parse(data));
  source.onopen = () => state('live', 'live');
  // EventSource tries again by itself, unless the server refused it.
  source.onerror = () =>
    state('waiting', source.readyState === 2 ? 'not connected' : 'reconnecting');
}

function state(name, text) {
  $('live').dataset.state = name;
  show('live-text', text);
}

function update({ places, cache, latency, memory }) {
  show('places', whole.format(places));
  show('hit-ratio', cache.hitRatio === null ? '–' : `${(cache.hitRatio * 100).toFixed(1)} %`);
  show('hits', whole.format(cache.hits));
  show('misses', whole.format(cache.misses));
  show('hit-p50', milliseconds(latency.hit.p50Ms));
  show('hit-p99', milliseconds(latency.hit.p99Ms));
  show('miss-p50', milliseconds(latency.miss.p50Ms));
  show('miss-p99', milliseconds(latency.miss.p99Ms));
  show('entries', whole.format(cache.entries));
  show('backend', `in the ${cache.backend} engine`);
  const [amount, unit] = bytes(cache.bytes);
  show('bytes', amount);
  show('bytes-unit', unit);
  show('capacity', bytes(cache.capacity).join(' '));
  show('rss', bytes(memory.rss).join(' '));
  sparks.ratio(cache.hitRatio);
  sparks.hit(latency.hit.p50Ms);
  sparks.miss(latency.miss.p50Ms);
  sparks.entries(cache.entries);
  sparks.rss(memory.rss);
}

// --- Requests -----------------------------------------------------------------------------------

/** Fetches, logs the answer as a row, and gives its kind, its time and its JSON. */
async function request(path) {
  const url = new URL(path, location.href).href;
  const started = performance.now();
  // no-store keeps the browser's own cache out of the measurement.
  const response = await fetch(url, { cache: 'no-store' });
  const body = await response.json();
  const elapsed = performance.now() - started;
  const status = response.headers.get('cache-status') ?? '';
  const kind = /;\s*hit/.test(status) ? 'hit' : path.startsWith('/uncached') ? 'computed' : 'miss';
  const ms = onTheWire(url) ?? elapsed;
  addRow({ kind, path, ms, status: response.ok ? status : `${response.status} ${status}` });
  return { kind, ms, body };
}

/** From the request leaving the browser to the last byte, without the page's own work, if the browser says. */
function onTheWire(url) {
  const [timing] = performance.getEntriesByName(url, 'resource').slice(-1);
  performance.clearResourceTimings();
  const ms = timing ? timing.responseEnd - timing.requestStart : 0;
  return timing?.requestStart > 0 && ms > 0 ? ms : undefined;
}

function addRow({ kind, path, ms, status }) {
  const rows = $('rows');
  rows.querySelector('.empty')?.remove();
  const row = rows.insertRow(0);
  row.dataset.kind = kind;
  const chip = document.createElement('span');
  chip.className = `chip ${kind}`;
  chip.textContent = kind;
  row.insertCell().append(chip);
  // Long paths break where they have joints.
  const joints = path.split(/(?<=[/?&])/).flatMap((part) => [part, document.createElement('wbr')]);
  cell(row, 'path', ...joints);
  cell(row, 'number', milliseconds(ms));
  cell(row, 'status', status || 'no Cache-Status');
  while (rows.rows.length > LOG_ROWS) rows.deleteRow(-1);
}

function cell(row, className, ...content) {
  const element = row.insertCell();
  element.className = className;
  element.append(...content);
}

/** Six questions, each once uncached and three times cached: 24 requests, one after another. */
async function fire() {
  const word = encodeURIComponent($('query').value.trim() || 'par');
  const questions = [
    `/api/cities?q=${word}`,
    `/api/cities?q=${word}&limit=50`,
    `/api/cities?q=${pick(SYLLABLES)}`,
    `/api/cities?q=${pick(SYLLABLES)}&limit=5`,
    `/api/cities/nearest?${pick(POINTS)}`,
    `/api/countries/${pick(COUNTRIES)}/stats`,
  ];
  const answers = [];
  for (const question of questions) {
    answers.push(await request(`/uncached${question}`));
    for (let i = 0; i < 3; i++) answers.push(await request(question));
  }
  compare(answers);
}

function compare(answers) {
  const times = (test) => answers.filter(({ kind }) => test(kind)).map(({ ms }) => ms);
  const computed = median(times((kind) => kind !== 'hit'));
  const hits = times((kind) => kind === 'hit');
  show('ms-computed', `${milliseconds(computed)} ms`);
  $('bar-computed').style.width = '100%';
  if (hits.length === 0) {
    show('ratio', '');
    show('ratio-text', 'Nothing came from the cache.');
    return;
  }
  const hit = median(hits);
  show('ms-hit', `${milliseconds(hit)} ms`);
  $('bar-computed').style.width = `${Math.min(100, (100 * computed) / Math.max(computed, hit))}%`;
  $('bar-hit').style.width = `${Math.max(1, (100 * hit) / Math.max(computed, hit))}%`;
  const ratio = computed / hit;
  show('ratio', `${ratio.toFixed(ratio < 10 ? 1 : 0)}×`);
  show('ratio-text', ratio >= 1 ? 'faster from the cache' : 'as fast from the cache');
  show(
    'announce',
    `${answers.length} requests: median ${milliseconds(computed)} ms computed, ${milliseconds(hit)} ms from the cache.`,
  );
}

function fail(error) {
  show('ratio', '');
  show('ratio-text', `A request failed: ${error.message}`);
  show('announce', `A request failed: ${error.message}`);
}

$('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = $('fire');
  button.disabled = true;
  try {
    await fire();
    await fillCities();
  } catch (error) {
    fail(error);
  }
  button.disabled = false;
});

$('keep').addEventListener('click', async () => {
  const button = $('keep');
  const on = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', String(on));
  if (!on) return;
  while (button.getAttribute('aria-pressed') === 'true') {
    try {
      if (!document.hidden) await fire();
    } catch (error) {
      fail(error);
      button.setAttribute('aria-pressed', 'false');
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
});

// --- Changing a population ----------------------------------------------------------------------

let found = [];

/** Offers the places of the current search; the one chosen before stays chosen. */
async function fillCities() {
  const word = encodeURIComponent($('query').value.trim() || 'par');
  const response = await fetch(`/api/cities?q=${word}`, { cache: 'no-store' });
  if (!response.ok) return;
  found = (await response.json()).places;
  const chosen = Number($('city').value);
  $('city').replaceChildren(
    ...found.map(({ id, name, country }) => {
      const option = new Option(`${name}, ${country}`, String(id));
      option.selected = id === chosen;
      return option;
    }),
  );
  showPopulation();
}

function showPopulation() {
  const place = found.find(({ id }) => String(id) === $('city').value);
  $('population').value = place ? String(place.population) : '';
}

$('city').addEventListener('change', showPopulation);
$('change').addEventListener('submit', async (event) => {
  event.preventDefault();
  const id = $('city').value;
  try {
    const response = await fetch(`/api/cities/${id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ population: Number($('population').value) }),
    });
    const changed = await response.json();
    if (!response.ok) throw new Error(changed.message);
    const { kind, ms } = await request(
      `/api/cities?q=${encodeURIComponent($('query').value.trim() || 'par')}`,
    );
    show(
      'outcome',
      `${changed.name} now has ${whole.format(changed.population)} inhabitants. Purged: ${changed.purged.join(', ')}. ` +
        `The next search was a ${kind}, ${milliseconds(ms)} ms.`,
    );
    await fillCities();
  } catch (error) {
    show('outcome', `Not changed: ${error.message}`);
  }
});

listen();
fillCities().catch(fail);
