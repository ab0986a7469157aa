// A process of its own that uses the compiled package; ended by its pid.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const dist = new URL('../../../dist/index.js', import.meta.url).href;
const values = new URL('values.mjs', import.meta.url).href;
const running = new Set<ChildProcess>();

/** How it ended. */
export interface End {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
}

export interface Child {
  readonly pid: number;
  /** What it sent, in order; grows until `ended`. */
  readonly messages: unknown[];
  /** Resolves with the next message that it has not been asked for. Rejects when it ends before. */
  next(): Promise<unknown>;
  send(message: object): void;
  kill(): Promise<End>;
  readonly ended: Promise<End>;
}

/** Starts a process.
 * @param body    of an async function of `diskTier`, `data`, `send`, `received` (the next message), and values.mjs
 * @param prefix  words of a shell that run before it: `ulimit -f 100;` */
export function startChild(body: string, data: object, prefix = ''): Child {
  const program = `
    import { makeValue, versionOf } from ${JSON.stringify(values)};
    const { diskTier } = await import(${JSON.stringify(dist)});
    const data = ${JSON.stringify(data)};
    const send = (message) => new Promise((resolve) => process.send(message, resolve));
    const received = async () => (await new Promise((resolve) => process.once('message', resolve)));
    process.on('unhandledRejection', (error) => { console.error(error); process.exit(70); });
    await (async () => { ${body} })();
    process.disconnect?.();`;
  const command = `${prefix} exec "$0" --input-type=module -e "$1"`;
  const child = spawn('bash', ['-c', command, process.execPath, program], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  running.add(child);
  const messages: unknown[] = [];
  let output = '';
  let taken = 0;
  child.on('message', (message) => messages.push(message));
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text: Buffer) => (output += text.toString()));
  }
  const ended = once(child, 'close').then(([code, signal]): End => {
    running.delete(child);
    return { code: code as number | null, signal: signal as string | null, output };
  });
  return {
    pid: child.pid ?? 0,
    messages,
    ended,
    async next() {
      if (messages.length <= taken) {
        const end = await Promise.race([once(child, 'message'), ended]);
        if (messages.length <= taken) throw new Error(`ended: ${JSON.stringify(end)}`);
      }
      return messages[taken++];
    },
    send: (message) => void child.send(message),
    async kill() {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

/** For afterEach. */
export async function endChildren(): Promise<void> {
  const ends = [...running].map(async (child) => {
    const end = once(child, 'close');
    child.kill('SIGKILL');
    await end;
  });
  await Promise.all(ends);
}
