// The URLs that are asked for. "hot": six routes, two of each of no, one and two parameters, with the same values each time.
// "spread": all routes in a seeded random order, again and again in another one, with other values each time.
//
// All of them lie in one Buffer, and a string is made of each when it is asked for, by latin1Slice: flat, of one byte per
// character, without a hash, as Node's HTTP parser makes them. A string that was looked up before would have its hash cached,
// which flatters routers that ask a Map first. What making them costs is measured by itself (lookup.mjs) and taken off.
import { seeded, shuffledIds } from '../lib/random.mjs';

export const TRAFFIC = ['hot', 'spread'];

const SEED = 7;
/** URLs of a traffic: enough that no branch predictor learns their order, and each route at least once. */
const LEAST = 16_384;
const HOT_PARAMETERS = [0, 0, 1, 1, 2, 2];
const WORDS =
  `alpine amber anchor arrow aspen beacon birch breeze bridge canyon cedar cinder cobalt copper coral crest
  delta ember falcon fern fjord flint forest gale garnet glacier granite grove harbor hazel heron indigo iris ivory
  jasper juniper kestrel lagoon lark linden lotus lunar maple marble meadow mesa mistral moss nimbus oak ocean onyx
  opal orchid otter pebble pine plume prairie quartz quill raven reef ridge river robin sable sage sierra slate
  sparrow spruce summit tempest thistle timber topaz tundra umber valley velvet violet walnut willow zephyr`.split(
    /\s+/,
  );

/**
 * @param {{ pattern: string, names: string[] }[]} table
 * @param {'hot' | 'spread'} kind
 * @returns {{ bytes: Buffer, ends: Uint32Array, ids: Uint32Array, values: string[][], sumOf: (count: number) => number }}
 *   of URL n: its bytes end at ends[n], it belongs to route ids[n] and has the parameters values[n], in their order;
 *   sumOf: the checksum of the first `count` URLs, which go round
 */
export function makeTraffic(table, kind) {
  const random = seeded(SEED);
  const ids = kind === 'hot' ? hotIds(table, random) : spreadIds(table, random);
  const fixed = new Map();
  const values = Array.from(ids, (id) => {
    const made = fixed.get(id) ?? table[id].names.map((name) => makeValue(name, random));
    if (kind === 'hot') fixed.set(id, made);
    return made;
  });
  const urls = Array.from(ids, (id, at) => fill(table[id].pattern, values[at]));
  const ends = new Uint32Array(urls.length);
  let end = 0;
  urls.forEach((url, at) => (ends[at] = end += url.length));
  return {
    bytes: Buffer.from(urls.join(''), 'latin1'),
    ends,
    ids,
    values,
    sumOf: sums(ids, values),
  };
}

/** What a lookup adds to the checksum: the id, and the length of each parameter by its place. */
export function checksum(id, values) {
  return values.reduce((sum, value, at) => sum + (at + 2) * value.length, id);
}

/** A pattern with values for its parameters. */
export function fill(pattern, values) {
  let at = 0;
  return pattern.replace(/:\w+/g, () => values[at++]);
}

/** @returns of the first `count` URLs, which go round: how long they are together */
export function lengths(ends) {
  const whole = ends.at(-1);
  return (count) => {
    const rest = count % ends.length;
    return Math.floor(count / ends.length) * whole + (rest === 0 ? 0 : ends[rest - 1]);
  };
}

function spreadIds(table, random) {
  const rounds = Math.ceil(LEAST / table.length);
  const ids = new Uint32Array(rounds * table.length);
  for (let round = 0; round < rounds; round++) {
    ids.set(shuffledIds(table.length, random), round * table.length);
  }
  return ids;
}

function hotIds(table, random) {
  const order = shuffledIds(table.length, random);
  const taken = new Set();
  for (const count of HOT_PARAMETERS) {
    taken.add(order.find((id) => table[id].names.length === count && !taken.has(id)));
  }
  const hot = [...taken];
  return Uint32Array.from({ length: LEAST }, () => hot[Math.floor(random() * hot.length)]);
}

/** As such APIs have them: numbers and UUIDs for ids, digests, and names of a word or two. Nothing is percent-encoded. */
function makeValue(name, random) {
  const below = (bound) => Math.floor(random() * bound);
  const hex = (length) => Array.from({ length }, () => below(16).toString(16)).join('');
  if (/sha$/i.test(name)) return hex(40);
  if (/token$/i.test(name)) return hex(32);
  if (/(id|number|attempt)$/i.test(name)) {
    if (below(4) > 0) return String(1 + below(10 ** (1 + below(8))));
    return [8, 4, 4, 4, 12].map(hex).join('-');
  }
  const word = WORDS[below(WORDS.length)];
  return below(2) === 0 ? word : `${word}-${WORDS[below(WORDS.length)]}`;
}

function sums(ids, values) {
  const upTo = new Float64Array(ids.length + 1);
  ids.forEach((id, at) => (upTo[at + 1] = upTo[at] + checksum(id, values[at])));
  return (count) => {
    const rounds = Math.floor(count / ids.length);
    return rounds * upTo[ids.length] + upTo[count % ids.length];
  };
}
