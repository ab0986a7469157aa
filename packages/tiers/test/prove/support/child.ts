// A process of its own that runs one of the programs beside this file with the compiled packages, as users have them.
// Ended by its pid, at the latest with the test; one that was stopped too.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';

const running = new Set<ChildProcess>();

/** How it ended. */
export interface End {
  readonly code: number | null;
  readonly signal: string | null;
  /** What it wrote, errors too. */
  readonly output: string;
}

/** A running program. */
export interface Child {
  readonly pid: number;
  /** Everything it sent, in order; complete once it has ended. */
  readonly messages: readonly unknown[];
  /** The next message that was not yet asked for. Rejects when it ends before. */
  next<T>(): Promise<T>;
  send(message: object): void;
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void;
  kill(): Promise<End>;
  readonly ended: Promise<End>;
}

/** Starts a program.
 * @param program  its file in this folder
 * @param data     what it is to do, as its first argument
 * @param prefix   words of a shell that run before it: `ulimit -f 100;` */
export function startChild(program: string, data: object, prefix = ''): Child {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const args = ['-c', `${prefix} exec "$0" "$1" "$2"`];
  const child = spawn('bash', [...args, process.execPath, file, JSON.stringify(data)], {
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
    async next<T>() {
      while (messages.length <= taken) {
        const end = await Promise.race([once(child, 'message').then(() => undefined), ended]);
        if (end !== undefined && messages.length <= taken) {
          throw new Error(`${program} ended: ${JSON.stringify(end)}`);
        }
      }
      return messages[taken++] as T;
    },
    send: (message) => void child.send(message),
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

afterEach(async () => {
  const ends = [...running].map((child) => {
    const end = once(child, 'close');
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    return end;
  });
  await Promise.all(ends);
});
