// The program of one participant, as a thread or as a process: opens the cache, plays from 'go' to 'stop'.
// It comes back to its event loop all the time: timers, messages and finalizers are part of what is tried.
import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openCache } from '../../dist/index.js';
import { Board } from './board.mjs';
import { Player } from './player.mjs';

const CALLS = 64;
const setup = parentPort === null ? JSON.parse(process.argv[2]) : workerData;
const say = (text) => {
  if (parentPort === null) process.send(text);
  else parentPort.postMessage(text);
};

const channel = parentPort ?? process;
const { promise: go, resolve: start } = promiseOf();
let isStopped = false;
channel.on('message', (word) => {
  if (word === 'go') start();
  else isStopped = true;
});
process.once('disconnect', () => {
  isStopped = true; // whoever started us is gone
  start();
});

const board = new Board(setup.shape, setup.place);
const cache = openCache(setup.name, setup.options);
const player = new Player({ ...setup, cache, board, say });
say('ready');
await go;
while (!isStopped) {
  player.play(CALLS);
  await setImmediate();
}
player.end();
cache.close();
board.close();
if (parentPort === null) {
  if (process.connected) process.disconnect();
} else parentPort.close();

function promiseOf() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
