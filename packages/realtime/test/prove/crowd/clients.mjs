// A part of a crowd, in a process of its own (fork): raw sockets that shake hands, subscribe, and count what comes.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

/** Handshakes under way at a time. */
const WIDTH = 100;
const SUBSCRIBE = maskedFrame('{"type":"subscribe","channel":"news"}');
/** Masked with zeros. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
const sockets = [];
const counts = { subscribed: 0, messages: 0, ended: 0 };

const operations = {
  async open({ port, count }) {
    const first = sockets.length;
    let left = count;
    const one = async () => {
      while (left-- > 0) sockets.push(await join(port));
    };
    await Promise.all(Array.from({ length: WIDTH }, one));
    return sockets.length - first;
  },
  counts: () => counts,
  /** As if all had lost their network: no good-bye, no FIN. */
  vanish() {
    for (const socket of sockets.splice(0)) socket.removeAllListeners('close').resetAndDestroy();
    Object.assign(counts, { subscribed: 0, messages: 0, ended: 0 });
  },
};
process.on('message', async ({ operation, ...task }) => {
  try {
    process.send({ result: await operations[operation](task) });
  } catch (error) {
    process.send({ error: error.stack });
  }
});
process.on('disconnect', () => process.exit(0));

/** Resolves once it has subscribed. */
function join(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let isUpgraded = false;
    let left = Buffer.alloc(0);
    socket.on('connect', () => socket.write(handshake()));
    socket.on('error', reject);
    socket.on('close', () => {
      counts.ended++;
      reject(new Error(`closed after ${left.latin1Slice()}`));
    });
    socket.on('data', (chunk) => {
      left = left.length === 0 ? chunk : Buffer.concat([left, chunk]);
      if (!isUpgraded) {
        const end = left.indexOf('\r\n\r\n');
        if (end === -1) return;
        if (left.latin1Slice(0, 12) !== 'HTTP/1.1 101') return reject(new Error(String(left)));
        isUpgraded = true;
        left = left.subarray(end + 4);
        socket.write(SUBSCRIBE);
      }
      for (let frame = readFrame(left); frame !== undefined; frame = readFrame(left)) {
        left = left.subarray(frame.end);
        if (frame.isPing) socket.write(PONG);
        else if (frame.text.startsWith('{"type":"message"')) counts.messages++;
        else if (frame.text.startsWith('{"type":"subscribed"')) {
          counts.subscribed++;
          resolve(socket);
        }
      }
    });
  });
}

/** A frame below 64 KiB, as a server sends it; undefined while it is incomplete. */
function readFrame(bytes) {
  if (bytes.length < 2) return undefined;
  const isShort = bytes[1] < 126;
  const start = isShort ? 2 : 4;
  if (bytes.length < start) return undefined;
  const end = start + (isShort ? bytes[1] : bytes.readUInt16BE(2));
  if (bytes.length < end) return undefined;
  return { isPing: bytes[0] === 0x89, text: bytes.latin1Slice(start, end), end };
}

function handshake() {
  return [
    'GET /realtime HTTP/1.1',
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    '\r\n',
  ].join('\r\n');
}

function maskedFrame(text) {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
