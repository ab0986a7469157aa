// The site that is asked for: its items, what each kind promises, and the bytes of each version of them.
// Invariant: the body of an item follows from item, version, language and coding alone, so that whoever sees an answer can
// make the right one and compare; the entity tag names all four. What is negotiated follows from the request fields alone.
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { makeRandom } from './random.mjs';

export const HOST = 'soak.test';
const EACH = 24;
const GROUPS = 8;
const BATCHES = 16;
const LANGUAGES = ['en', 'de', 'fr'];

/** What items of each kind do.
 *  - cache: `config.cache` of the route
 *  - window: ms after a soft purge within which an old version may still be answered
 *  - varies, codes: negotiates language, coding
 *  - least, spread: bytes of a body
 *  - mayFail: statuses of the handler's own failures; mayBreak: it may end in the middle of a body
 *  - anonymous: the handler names no entity tag */
export const KINDS = {
  plain: { say: 'public, max-age=60', varies: true, codes: true, least: 200, spread: 3_000 },
  large: { say: 'max-age=60', least: 40_000, spread: 160_000 },
  stream: { say: 'max-age=60', varies: true, anonymous: true, least: 500, spread: 30_000 },
  checked: { cache: { ttl: 150 }, validates: true, varies: true, least: 100, spread: 2_000 },
  private: { say: 'no-store', least: 100, spread: 500 },
  swr: {
    cache: { ttl: 120, staleWhileRevalidate: 80 },
    window: 80,
    validates: true,
    least: 100,
    spread: 2_000,
  },
  soft: {
    cache: { ttl: 60_000, staleWhileRevalidate: 80 },
    window: 80,
    least: 100,
    spread: 2_000,
  },
  flaky: {
    cache: { ttl: 100, staleIfError: 300 },
    window: 300,
    mayFail: [500, 503],
    least: 100,
    spread: 2_000,
  },
  broken: { say: 'max-age=60', mayFail: [500], mayBreak: true, least: 2_000, spread: 20_000 },
  pieces: {
    say: 'max-age=60',
    cache: { storePartial: true },
    ranges: true,
    least: 2_000,
    spread: 20_000,
  },
  posted: {
    say: 'max-age=60',
    cache: { methods: ['GET', 'HEAD', 'POST'] },
    least: 100,
    spread: 1_000,
  },
};

/** @typedef {object} Item
 *  @property {number} index
 *  @property {string} kind
 *  @property {typeof KINDS.plain} does
 *  @property {string} group   first segment of its path
 *  @property {string} batch   a tag that items of all kinds have
 *  @property {string} url
 *  @property {number} window  ms, 0: none */

/** @type {readonly Item[]} */
export const ITEMS = Object.entries(KINDS).flatMap(([kind, does], k) =>
  Array.from({ length: EACH }, (_, i) => {
    const index = k * EACH + i;
    const group = `g${index % GROUPS}`;
    const query = i % 5 === 0 ? `?page=${i}` : '';
    const url = `/${group}/${kind}/${index}${query}`;
    const batch = `batch:${(index * 5) % BATCHES}`;
    return { index, kind, does, group, batch, url, window: does.window ?? 0 };
  }),
);

const noise = makeNoise();
/** Coded bodies, the dearest to make. */
const made = new Map();
const MOST_MADE = 500;

/** A body as it is sent. */
export function bodyOf(item, version, language, coding) {
  if (coding === 'identity') return plainBody(item, version, language);
  const key = `${item.index}.${version}.${language}.${coding}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const bytes = code(plainBody(item, version, language), coding);
  if (made.size >= MOST_MADE) made.delete(made.keys().next().value);
  made.set(key, bytes);
  return bytes;
}

export function etagOf(item, version, language, coding) {
  return `"${item.index}.${version}.${language}.${coding}"`;
}

/** What an entity tag of ours says; undefined: it is none. */
export function readEtag(etag) {
  const parts = /^"(\d+)\.(\d+)\.(\w+)\.(\w+)"$/.exec(etag ?? '');
  if (parts === null) return undefined;
  return {
    index: Number(parts[1]),
    version: Number(parts[2]),
    language: parts[3],
    coding: parts[4],
  };
}

/** What a request is to be answered in.
 * @param headers  with lower-case names */
export function negotiate(item, headers) {
  return {
    language: item.does.varies === true ? languageOf(headers['accept-language']) : 'en',
    coding: item.does.codes === true ? codingOf(headers['accept-encoding']) : 'identity',
  };
}

function languageOf(field) {
  const wishes = weighted(field).map(({ name, weight }) => ({ name: name.slice(0, 2), weight }));
  wishes.sort((a, b) => b.weight - a.weight);
  return wishes.find(({ name }) => LANGUAGES.includes(name))?.name ?? 'en';
}

function codingOf(field) {
  const names = weighted(field).map(({ name }) => name);
  return ['br', 'gzip'].find((name) => names.includes(name)) ?? 'identity';
}

function weighted(field = '') {
  return field
    .toLowerCase()
    .split(',')
    .map((part) => {
      const [name, ...parameters] = part.split(';').map((text) => text.trim());
      const q = parameters.find((text) => text.startsWith('q='));
      return { name, weight: q === undefined ? 1 : Number(q.slice(2)) };
    })
    .filter(({ weight }) => weight > 0);
}

function plainBody(item, version, language) {
  const head = `${item.url} ${version} ${language}\n`;
  const size = item.does.least + ((item.index * 7_919 + version * 104_729) % item.does.spread);
  const from = (item.index * 37 + version * 11) % 4096;
  return Buffer.concat([Buffer.from(head), noise.subarray(from, from + size)]);
}

function code(body, coding) {
  if (coding === 'gzip') return gzipSync(body, { level: 1 });
  return brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
}

function makeNoise() {
  const random = makeRandom(1);
  return Buffer.from(Array.from({ length: 210_000 }, () => 97 + random(26)));
}
