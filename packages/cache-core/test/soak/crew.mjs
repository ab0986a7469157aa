// The participants of a soak, seen from where it is led: threads and processes with the same three calls.
// Invariant: whoever was started has ended when `ended` is settled; a process is ended by its own handle only.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

const program = new URL('./participant.mjs', import.meta.url);

/** @typedef {object} Participant
 *  @property {Promise<void>} ready            it has opened the cache
 *  @property {Promise<string | number>} ended how: an exit code, a signal, or the words of an error
 *  @property {(word: 'go' | 'stop') => void} send
 *  @property {() => void} kill */

/** @returns {Participant} */
export function startThread(setup, say) {
  const worker = new Worker(program, { workerData: setup });
  let failure;
  worker.once('error', (error) => (failure = error.stack));
  const ended = new Promise((resolve) => worker.once('exit', (code) => resolve(failure ?? code)));
  return {
    ready: listen(worker, say, ended),
    ended,
    send: (word) => worker.postMessage(word),
    kill: () => void worker.terminate(),
  };
}

/** @returns {Participant} */
export function startProcess(setup, say) {
  const child = fork(fileURLToPath(program), [JSON.stringify(setup)]);
  const ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  return {
    ready: listen(child, say, ended),
    ended,
    // It may be dying: then its end tells, not the channel.
    send: (word) => child.connected && child.send(word, () => {}),
    kill: () => void child.kill('SIGKILL'),
  };
}

function listen(source, say, ended) {
  return new Promise((resolve) => {
    source.on('message', (message) => (message === 'ready' ? resolve() : say(message)));
    void ended.then(() => resolve());
  });
}
