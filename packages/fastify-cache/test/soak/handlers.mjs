// The handlers of the site, one for each kind of item, and those that change items.
// Invariant: a handler reads the version when it starts and answers with it, however long it takes: a purge in between has
// to keep what it made out of the cache. Every answer has a number of its own, by which a shared one is told.
import { Readable } from 'node:stream';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { bodyOf, etagOf, ITEMS, KINDS, negotiate } from './site.mjs';

/** Declares the routes of the site.
 * @param app  with the cache registered
 * @param {{ board: import('./board.mjs').Board, random: (below: number) => number, instance: number }} context */
export function declareSite(app, context) {
  for (const [kind, does] of Object.entries(KINDS)) {
    const url = `/:group/${kind}/:id`;
    const tags = () => [`kind:${kind}`];
    const config = { cache: { ...does.cache, tags } };
    const method = kind === 'posted' ? ['GET', 'POST'] : ['GET'];
    app.route({ method, url, config, handler: makeHandler(context, does) });
    app.put(url, makeChanger(context));
  }
}

function makeHandler({ board, random, instance }, does) {
  let runs = 0;
  return async (request, reply) => {
    const item = ITEMS[Number(request.params.id)];
    const isPost = request.method === 'POST';
    const version = isPost ? board.change(item.index) : board.version(item.index);
    const { language, coding } = negotiate(item, request.headers);
    const etag = etagOf(item, version, language, coding);
    await dawdle(random);
    reply.cache.tags(item.batch);
    reply.header('x-run', `${instance}.${++runs}`);
    if (does.mayFail?.includes(503) === true && random(3) === 0) {
      if (random(2) === 0) throw new Error('the origin failed');
      return reply.code(503).send('the origin is down');
    }
    if (does.say !== undefined) reply.header('cache-control', does.say);
    if (does.anonymous !== true) reply.header('etag', etag);
    const fields = [
      ...(does.varies ? ['accept-language'] : []),
      ...(does.codes ? ['accept-encoding'] : []),
    ];
    if (fields.length > 0) reply.header('vary', fields.join(', '));
    if (does.validates && request.headers['if-none-match'] === etag) return reply.code(304).send();
    reply.header('x-version', String(version)).type('text/plain');
    if (coding !== 'identity') reply.header('content-encoding', coding);
    if (isPost) reply.header('content-location', item.url);
    const body = bodyOf(item, version, language, coding);
    if (does.ranges) return sendPart(request, reply, body, etag);
    if (does.mayBreak) return reply.send(Readable.from(slices(body, random(4) === 0)));
    if (!does.anonymous) return body;
    if (random(2) === 0) reply.header('content-length', body.length);
    return reply.send(Readable.from(slices(body, false)));
  };
}

// A change that succeeds, now and then one that also names another item, and one that fails and changes nothing.
function makeChanger({ board, random }) {
  return async (request, reply) => {
    const item = ITEMS[Number(request.params.id)];
    if (random(10) === 0) return reply.code(500).send('nothing has changed');
    const changed = [item];
    if (random(4) === 0) {
      const other = ITEMS[random(ITEMS.length)];
      changed.push(other);
      reply.header(random(2) === 0 ? 'location' : 'content-location', other.url);
    }
    reply.header('x-changed', changed.map(({ index }) => `${index}:${board.change(index)}`).join());
    await dawdle(random);
    return reply.code(204).send();
  };
}

function sendPart(request, reply, body, etag) {
  reply.header('accept-ranges', 'bytes');
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const condition = request.headers['if-range'];
  const first = Number(range?.[1]);
  if (range === null || first >= body.length || (condition !== undefined && condition !== etag))
    return body;
  const last = Math.min(Number(range[2]), body.length - 1);
  reply.code(206).header('content-range', `bytes ${first}-${last}/${body.length}`);
  return body.subarray(first, last + 1);
}

// Most answer at once, some take some ms: long enough for purges in between.
async function dawdle(random) {
  const turn = random(8);
  if (turn < 3) await setImmediate();
  else if (turn === 3) await setTimeout(1 + random(12));
}

async function* slices(body, isCut) {
  const step = 1 + Math.ceil(body.length / 4);
  for (let from = 0; from < body.length; from += step) {
    if (isCut && from > 0) throw new Error('the stream broke');
    yield body.subarray(from, from + step);
    await setImmediate();
  }
}
