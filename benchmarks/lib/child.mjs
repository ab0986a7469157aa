// One measurement in one fresh Node process. The child gets its task as JSON in argv and answers with the last line of
// its standard output; anything but exit code 0 fails the run.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * @param {URL} file the child's script
 * @param {object} task handed to it
 * @param {string[]} flags for node
 * @param {number} [timeout] ms until it is ended with SIGTERM; default: no limit
 * @returns {Promise<object>} what the child answered; the error of one that a signal ended has that `signal`
 */
export function runChild(file, task, flags = [], timeout) {
  const path = fileURLToPath(file);
  const child = spawn(process.execPath, [...flags, path, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) {
        resolve(JSON.parse(output.stdout.trim().split('\n').at(-1)));
      } else {
        const fault = `${path} ${JSON.stringify(task)} ended with ${signal ?? code}`;
        reject(Object.assign(new Error(`${fault}\n${output.stderr}`), { signal }));
      }
    });
  });
}

/** In the child: the task it was given. */
export function readTask() {
  return JSON.parse(process.argv[2]);
}

/** In the child: hands the answer to the parent. */
export function answer(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
