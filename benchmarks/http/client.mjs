// The load client, in a process of its own (fork): raw keep-alive sockets, one request in flight on each. Every answer
// is checked: status line, Content-Length and all bytes of the body. Its own CPU time is never counted.
import { connect } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

const HEAD_END = Buffer.from('\r\n\r\n');

const operations = { probe, hold, load };
/** Sockets that were opened ahead of a load. */
let held = [];

process.on('message', async (command) => {
  try {
    process.send({ result: await operations[command.operation](command) });
  } catch (error) {
    process.send({ error: error.stack });
  }
});
process.on('disconnect', () => process.exit(0));

/** One request on a connection of its own; gives the head as text and the body. */
function probe({ port, isSecure, request }) {
  return new Promise((resolve, reject) => {
    const socket = dial(port, isSecure, () => socket.write(request, 'latin1'));
    let received = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${received.length} bytes`)));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const answer = parse(received);
      if (!answer || received.length < answer.end) return;
      socket.removeAllListeners('close');
      socket.destroy();
      resolve({
        head: received.latin1Slice(0, answer.bodyAt),
        body: bodyOf(received, answer).toString('base64'),
      });
    });
  });
}

/** Opens the sockets of the next load, so that what a handshake costs is over before it begins. */
async function hold({ port, isSecure, connections }) {
  held = await openAll(port, isSecure, connections);
}

/**
 * `requests` requests over `connections` sockets. `request` and `body` may be lists of the same length: then they take turns.
 * @returns perSecond, p50Ms, p99Ms of the answers
 */
async function load({ port, isSecure, request, connections, requests, status, body }) {
  const line = Buffer.from(`HTTP/1.1 ${status} `);
  const bodies = [body].flat();
  const asks = [request].flat().map((text, at) => ({
    bytes: Buffer.from(text, 'latin1'),
    expected: { line, body: Buffer.from(bodies[at], 'base64') },
  }));
  const latencies = new Float64Array(requests);
  const state = { started: 0, finished: 0, requests, latencies };
  const sockets = held.length > 0 ? held : await openAll(port, isSecure, connections);
  held = [];
  const start = performance.now();
  await Promise.all(sockets.map((socket) => drive(socket, asks, state)));
  const seconds = (performance.now() - start) / 1000;
  for (const socket of sockets) socket.destroy();
  latencies.sort();
  return {
    perSecond: requests / seconds,
    p50Ms: latencies[Math.floor(requests * 0.5)],
    p99Ms: latencies[Math.floor(requests * 0.99)],
  };
}

function openAll(port, isSecure, connections) {
  const open = () =>
    new Promise((resolve, reject) => {
      const socket = dial(port, isSecure, () => resolve(socket));
      socket.on('error', reject);
    });
  return Promise.all(Array.from({ length: connections }, open));
}

function dial(port, isSecure, done) {
  const options = { port, host: '127.0.0.1', noDelay: true };
  if (!isSecure) return connect(options, done);
  // Self-signed, by our own server.
  return connectSecurely({ ...options, rejectUnauthorized: false }, done);
}

function drive(socket, asks, state) {
  return new Promise((resolve, reject) => {
    let parts = [];
    let missing = 0;
    let sentAt = 0;
    let ask;
    const send = () => {
      if (state.started === state.requests) return resolve();
      ask = asks[state.started++ % asks.length];
      sentAt = performance.now();
      socket.write(ask.bytes);
    };
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection')));
    socket.on('data', (chunk) => {
      // Of a large answer the rest is joined once, when it is there.
      parts.push(chunk);
      missing -= chunk.length;
      if (missing > 0) return;
      const received = parts.length === 1 ? chunk : Buffer.concat(parts);
      parts = [received];
      const answer = parse(received);
      if (!answer) return;
      missing = answer.end - received.length;
      if (missing > 0) return;
      const fault = check(received, answer, ask.expected);
      if (fault) return reject(new Error(`${fault}\n${received.latin1Slice(0, answer.bodyAt)}`));
      state.latencies[state.finished++] = performance.now() - sentAt;
      parts = [];
      missing = 0;
      send();
    });
    send();
  });
}

function check(received, answer, expected) {
  if (received.length !== answer.end) return `${received.length - answer.end} bytes too many`;
  if (received.compare(expected.line, 0, expected.line.length, 0, expected.line.length) !== 0) {
    return `expected ${expected.line}`;
  }
  if (!bodyOf(received, answer).equals(expected.body)) {
    return `expected the body of ${expected.body.length} bytes, got other bytes`;
  }
  return null;
}

function bodyOf(received, { bodyAt, end, chunks }) {
  if (chunks === undefined) return received.subarray(bodyAt, end);
  return Buffer.concat(chunks.map(([from, to]) => received.subarray(from, to)));
}

/** Where body and answer end; null while the head, or the chunks, are incomplete. Bodies with neither are a 304's. */
function parse(received) {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return null;
  const bodyAt = headEnd + HEAD_END.length;
  const isNotModified = received.latin1Slice(9, 12) === '304';
  const head = received.latin1Slice(0, headEnd);
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return parseChunks(received, bodyAt);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (!isNotModified && length === undefined) throw new Error(`no Content-Length in\n${head}`);
  return { bodyAt, end: bodyAt + (isNotModified ? 0 : Number(length)) };
}

/** Chunks of a body (RFC 9112 7.1), without extensions and trailers. */
function parseChunks(received, bodyAt) {
  const chunks = [];
  for (let at = bodyAt; ;) {
    const lineEnd = received.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = parseInt(received.latin1Slice(at, lineEnd), 16);
    const from = lineEnd + 2;
    const next = from + size + 2;
    if (received.length < next) return null;
    if (size === 0) return { bodyAt, end: next, chunks };
    chunks.push([from, from + size]);
    at = next;
  }
}
