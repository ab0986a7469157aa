// `catzilla start` as a process, as a user starts it: its address, its CPU time, and how often the handler has run in all threads.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../../packages/catzilla/bin/catzilla.js', import.meta.url));
const APP = fileURLToPath(new URL('app.mjs', import.meta.url));
/** What the kernel counts CPU time in: _SC_CLK_TCK is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * Starts it.
 * @returns { port, cpuSeconds(), runs(), stop() }
 */
export async function startThreads(threads) {
  const folder = mkdtempSync(join(tmpdir(), 'catzilla-threads-'));
  const counted = join(folder, 'runs');
  writeFileSync(counted, '');
  const args = [CLI, 'start', APP, '--port', '0', '--threads', String(threads)];
  const child = spawn(process.execPath, [...args, '--shutdown-delay', '0', '--no-control'], {
    env: { ...process.env, RUNS: counted },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  };
  try {
    const port = await listening(child, ended);
    return {
      port,
      cpuSeconds: () => cpuSecondsOf(child.pid),
      runs: () => statSync(counted).size,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function listening(child, ended) {
  let written = '';
  const told = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        written += text;
        const port = /"port":(\d+)/.exec(written)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    }
  });
  const port = await Promise.race([told, ended.then(() => undefined)]);
  if (port === undefined) throw new Error(`catzilla start ended\n${written}`);
  return port;
}

/** User and system time of all threads, by proc(5). */
function cpuSecondsOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
