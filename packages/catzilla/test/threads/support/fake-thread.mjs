// A thread that plays an application: it does what its file says, and speaks as serve.ts does.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { parentPort as port, workerData } from 'node:worker_threads';
import { dupFd } from '@catzilla/cache-core/os';

const plan = JSON.parse(readFileSync(workerData.file, 'utf8'));
const never = new Promise(() => {});
// Gives nothing, where postMessage gives true: what has failed does not go on.
const fail = (step) => {
  port.postMessage({ type: 'failed', failure: { message: `no ${step}`, code: 'E_FAKE' } });
};
const steps = {
  ok: () => true,
  fail: (step) => fail(step),
  never: () => never,
  exit: () => process.exit(9),
  throw: (step) => {
    throw new Error(`thrown at ${step}`);
  },
};
const does = (step) => steps[plan[step] ?? 'ok'](step);
const server = createServer((socket) => socket.end(`${workerData.thread}`));
const told = [];

port.on('message', async (message) => {
  told.push(message);
  if (plan.told) writeFileSync(plan.told, JSON.stringify(told));
  switch (message.type) {
    case 'listen': {
      const { at } = message;
      if (!(await does('listen'))) return;
      server.listen(at.kind === 'socket' ? { fd: dupFd(at.fd) } : at, () => {
        port.postMessage({
          type: 'ready',
          port: server.address().port,
          caches: plan.caches ?? [],
          stopLimit: plan.stopLimit ?? 1000,
        });
        if (plan.after !== undefined) does('after');
      });
      server.on('error', ({ message: words }) =>
        port.postMessage({ type: 'failed', failure: { message: words } }),
      );
      break;
    }
    case 'stop': {
      if (plan.stop === 'hurry') return;
      if (plan.stop === 'unclean') {
        port.postMessage({ type: 'stopped', failure: { message: 'left something' } });
        port.close();
        return;
      }
      if (!(await does('stop'))) return;
      server.close();
      port.postMessage({ type: 'stopped' });
      // 'open' leaves a timer behind.
      if (plan.open) setInterval(() => {}, 1000);
      port.close();
      break;
    }
    case 'hurry':
      server.close();
      port.postMessage({ type: 'stopped' });
      port.close();
      break;
    default:
      if (message.name === 'exit' || message.name === 'throw') {
        setImmediate(() => steps[message.name]('its work'));
      } else if (message.name === 'echo') {
        port.postMessage({ type: 'answer', id: message.id, value: message.payload });
      } else if (message.name === 'refuse') {
        const failure = { message: 'I will not', code: 'E_REFUSED' };
        port.postMessage({ type: 'refusal', id: message.id, failure });
      }
  }
});

if (await does('load')) port.postMessage({ type: 'loaded' });
