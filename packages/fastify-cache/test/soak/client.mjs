// The client: keep-alive connections, each with one request after the other, chosen at random and judged when answered.
// Invariant: what an answer may not undercut is read from the board before its request is sent. What a request changed or
// purged is raised there only when it has been answered.
import { Agent, request } from 'node:http';
import { judge } from './judge.mjs';
import { changeFor, choosePurge, raiseFor } from './purges.mjs';
import { makeRandom, pick } from './random.mjs';
import { HOST, ITEMS, readEtag } from './site.mjs';

/** How often each request comes. */
const TURNS = {
  plain: 600,
  known: 120,
  bogus: 15,
  range: 70,
  ifRange: 20,
  ranges: 10,
  head: 60,
  reload: 15,
  noStore: 10,
  onlyIfCached: 10,
  abort: 15,
  put: 30,
  post: 15,
  purge: 8,
};
const LANGUAGES = ['de', 'en', 'fr;q=0.5, de;q=0.4', 'de-AT, en;q=0.9', 'it', undefined];
const CODINGS = ['gzip', 'br, gzip', 'gzip, br', 'identity', 'gzip;q=0, br;q=0.5', undefined];
/** ms without an answer; the longest wait of the cache itself is 5 s, for a fill of others, and the machine may be busy. */
const PATIENCE = 60_000;
const REMEMBERED = 4_000;

export class Client {
  #board;
  #ports;
  #seed;
  #lag;
  #fail;
  #agents = [];
  #loops = [];
  #isResting = true;
  /** The last answer with an entity tag, by item. */
  #known = new Map();
  /** Numbers of answers that may be seen once. */
  #once = new Set();
  #changes = [];
  #rounds = 0;
  counts = {
    requests: 0,
    hits: 0,
    notModified: 0,
    parts: 0,
    changes: 0,
    purges: 0,
    aborted: 0,
    failed: 0,
  };

  /** @param options.ports  of the instances
   *  @param options.lag    as for raiseFor
   *  @param options.fail   is told the first fault, in words, and the item it is about */
  constructor({ board, ports, seed, lag, fail }) {
    this.#board = board;
    this.#ports = ports;
    this.#seed = seed;
    this.#lag = lag;
    this.#fail = fail;
  }

  /** Opens connections, and asks on all of them. */
  go(connections) {
    this.#isResting = false;
    this.#rounds++;
    this.#agents = Array.from(
      { length: connections },
      () => new Agent({ keepAlive: true, maxSockets: 1 }),
    );
    this.#loops = this.#agents.map((agent, i) =>
      this.#askOn(agent, i % this.#ports.length, makeRandom(this.#seed + 100 * this.#rounds + i)),
    );
  }

  /** Waits for the answers that are under way. */
  async rest() {
    this.#isResting = true;
    await Promise.all(this.#loops);
  }

  /** Closes the connections. */
  hangUp() {
    for (const agent of this.#agents) agent.destroy();
  }

  /** What this client changed or purged of an item, as far as it is remembered. */
  explain(item) {
    return this.#changes.filter((one) => one.item === item).map(({ words }) => words);
  }

  async #askOn(agent, instance, random) {
    while (!this.#isResting) {
      const item = ITEMS[Math.min(random(ITEMS.length), random(ITEMS.length))];
      const turn = pick(TURNS, random);
      try {
        if (turn === 'purge') await this.#purge(agent, instance, random);
        else if (turn === 'put' || turn === 'post') await this.#change(agent, instance, item, turn);
        else await this.#read(agent, instance, item, turn, random);
      } catch (error) {
        this.#fail(`instance ${instance}, ${turn} of ${item.url}: ${error.stack}`, item.index);
        return;
      }
    }
  }

  async #read(agent, instance, item, turn, random) {
    const known = this.#known.get(item.index);
    const asked = { item, turn, known, ...readOf(item, turn, known, random) };
    asked.floor = this.#board.floor(instance, item.index);
    const answer = await this.#exchange(agent, instance, item.url, asked);
    if (asked.isAborted) {
      this.counts.aborted++;
      return;
    }
    const verdict = judge(asked, answer, this.#board.version(item.index), this.#once);
    this.counts.hits += verdict.isHit ? 1 : 0;
    this.counts.notModified += answer.status === 304 ? 1 : 0;
    this.counts.parts += answer.status === 206 ? 1 : 0;
    this.counts.failed += verdict.isFailure ? 1 : 0;
    if (verdict.fault !== undefined) {
      throw new Error(`${verdict.fault}\nasked ${show(asked)}\ncame ${show(answer)}`);
    }
    if (verdict.version !== undefined && answer.headers.etag !== undefined) {
      this.#known.set(item.index, { etag: answer.headers.etag, version: verdict.version });
    }
  }

  // A POST is a change where the item answers it, by itself.
  async #change(agent, instance, item, turn) {
    const method = turn === 'post' && item.kind === 'posted' ? 'POST' : 'PUT';
    const from = Date.now();
    const answer = await this.#exchange(agent, instance, item.url, { method, headers: {} });
    this.counts.changes++;
    if (answer.error !== undefined) throw answer.error;
    if (method === 'PUT' && answer.status === 500) return;
    if (answer.status !== (method === 'PUT' ? 204 : 200)) throw new Error(`came ${show(answer)}`);
    const changed =
      method === 'PUT'
        ? answer.headers['x-changed'].split(',').map((pair) => pair.split(':').map(Number))
        : [[item.index, readEtag(answer.headers.etag).version]];
    for (const [index, version] of changed) {
      raiseFor({ items: [ITEMS[index]], soft: false }, [version], this.#at(instance));
      this.#remember(
        index,
        `${from} to ${Date.now()}: ${method} in ${instance}, version ${version}`,
      );
    }
  }

  async #purge(agent, instance, random) {
    const purge = choosePurge(random);
    const { by, value, soft } = purge;
    const versions = changeFor(purge, this.#board, random);
    const from = Date.now();
    const named = { url: { urls: [value] }, tag: { tags: [value] }, pattern: { paths: [value] } };
    const answer = await this.#exchange(agent, instance, '/purge', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify({ ...(named[by] ?? { all: true }), soft }),
    });
    if (answer.error !== undefined) throw answer.error;
    if (answer.status !== 200 || JSON.parse(answer.body.toString()).ok !== true)
      throw new Error(`purge by ${by} ${value}: ${show(answer)} ${answer.body.toString()}`);
    this.counts.purges++;
    raiseFor(purge, versions, this.#at(instance));
    purge.items.forEach(({ index }, i) => {
      const words = `${soft ? 'soft' : 'hard'} purge by ${by} ${value} over HTTP in ${instance}`;
      this.#remember(index, `${from} to ${Date.now()}: ${words}, version ${versions[i]}`);
    });
  }

  #at(instance) {
    return { board: this.#board, instance, lag: this.#lag };
  }

  #remember(item, words) {
    this.#changes.push({ item, words });
    if (this.#changes.length > REMEMBERED) this.#changes.splice(0, REMEMBERED / 2);
  }

  #exchange(agent, instance, path, { method, headers, payload, isAborted }) {
    this.counts.requests++;
    return new Promise((resolve) => {
      const sent = request({
        host: '127.0.0.1',
        port: this.#ports[instance],
        agent,
        method,
        path,
        headers: { ...headers, host: HOST },
      });
      const timer = setTimeout(
        () => sent.destroy(new Error(`no answer for ${PATIENCE} ms`)),
        PATIENCE,
      );
      const end = (answer) => {
        clearTimeout(timer);
        resolve(answer);
      };
      sent.on('error', (error) => end({ error }));
      sent.on('response', (answer) => {
        const { statusCode: status, headers: fields } = answer;
        const chunks = [];
        answer.on('data', (chunk) => {
          chunks.push(chunk);
          if (isAborted) sent.destroy();
        });
        answer.on('error', (error) => end({ status, headers: fields, error }));
        answer.on('end', () => end({ status, headers: fields, body: Buffer.concat(chunks) }));
      });
      sent.end(payload);
    });
  }
}

function readOf(item, turn, known, random) {
  const headers = {};
  const set = (name, value) => {
    if (value !== undefined) headers[name] = value;
  };
  set('accept-language', LANGUAGES[random(LANGUAGES.length)]);
  set('accept-encoding', CODINGS[random(CODINGS.length)]);
  const from = random(item.does.least * 2);
  if (turn === 'known') set('if-none-match', known?.etag);
  if (turn === 'bogus') set('if-none-match', '"of another"');
  if (turn === 'range')
    set('range', random(4) === 0 ? `bytes=-${1 + from}` : `bytes=${from}-${from + random(900)}`);
  if (turn === 'ifRange' && known !== undefined) {
    set('range', `bytes=${from}-`);
    set('if-range', known.etag);
  }
  if (turn === 'ranges') set('range', `bytes=0-9, ${from + 20}-${from + 40}`);
  if (turn === 'reload') set('cache-control', 'no-cache');
  if (turn === 'noStore') set('cache-control', 'no-store');
  if (turn === 'onlyIfCached') set('cache-control', 'only-if-cached');
  return { method: turn === 'head' ? 'HEAD' : 'GET', headers, isAborted: turn === 'abort' };
}

function show({ item, body, ...rest }) {
  return JSON.stringify({
    ...rest,
    ...(item && { url: item.url }),
    ...(body && { bytes: body.length }),
  });
}
