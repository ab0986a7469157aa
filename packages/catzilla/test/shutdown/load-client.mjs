// A thread of keep-alive clients on raw sockets. Each sends the next request when the last is answered, takes a new connection
// where the server said `Connection: close`, and notes every request that was sent and not answered: when, and from which port.
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { port: serverPort, clients, paths } = workerData;
const counts = { answered: 0, statuses: {}, lost: [], told: 0, refused: 0, closedIdle: 0 };
let isOver = false;
let running = clients;

function request(path) {
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
}

function done() {
  if (--running === 0) parentPort.postMessage({ counts });
}

function client(index) {
  const socket = connect(serverPort, '127.0.0.1');
  let isPending = false;
  let isConnected = false;
  let isTold = false;
  let text = '';
  let port = 0;
  let sentAt = 0;
  const lose = (reason) => counts.lost.push({ reason, port, sentAt });
  const send = () => {
    isPending = true;
    sentAt = performance.timeOrigin + performance.now();
    socket.write(request(paths[(counts.answered + index) % paths.length]));
  };
  socket.setNoDelay(true);
  socket.on('connect', () => {
    isConnected = true;
    port = socket.localPort;
    send();
  });
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = text.slice(0, end).toLowerCase();
    const length = Number(/content-length: (\d+)/.exec(head)?.[1]);
    if (text.length < end + 4 + length) return;
    text = '';
    isPending = false;
    counts.answered++;
    const status = head.slice(9, 12);
    counts.statuses[status] = (counts.statuses[status] ?? 0) + 1;
    if (counts.answered === 200) parentPort.postMessage({ warm: true });
    if (head.includes('connection: close')) {
      isTold = true;
      counts.told++;
      socket.end();
    } else send();
  });
  socket.on('error', (error) => {
    if (error.code === 'ECONNREFUSED') {
      counts.refused++;
      isOver = true;
    } else if (isPending || !isConnected) lose(error.code);
  });
  socket.on('close', (hadError) => {
    if (!hadError && isPending) lose('closed before the answer');
    else if (!isTold && isConnected && !isPending) counts.closedIdle++;
    if (isOver) done();
    else client(index);
  });
}

for (let index = 0; index < clients; index++) client(index);
