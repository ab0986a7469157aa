// The control socket of a program whose application runs in threads: the main thread has it, and asks the threads that serve.
// Invariant: without a socket the program serves all the same, unless the socket was named by the user.
import type { FastifyInstance } from 'fastify';
import { runControl } from '../control/commands.ts';
import { gatherControl } from '../control/gather.ts';
import type { Ask } from '../control/gather.ts';
import { socketPath } from '../control/path.ts';
import { openControl } from '../control/server.ts';
import type { ControlServer } from '../control/server.ts';
import type { Variables } from '../options/mode.ts';
import type { ThreadLog } from './log.ts';

/** How long a thread may take for one that only looks, and for any other, ms. */
const QUICK = 8_000;
const SLOW = 590_000;

/** What has threads. */
export interface Threads {
  /** Numbers of those that serve. */
  readonly serving: readonly number[];
  ask(name: string, payload: unknown, timeout: number, thread?: number): Promise<unknown>;
}

/** Where the socket is, and what it tells. */
export interface ThreadControlOptions {
  /** Absolute path of the application module. */
  readonly file: string;
  /** undefined: by `file`. */
  readonly socket: string | undefined;
  readonly env: Variables;
  readonly log: Pick<ThreadLog, 'warn'>;
  /** How it was started. */
  readonly mode: 'start' | 'dev';
  /** Where it listens, once it does. */
  address(): string | undefined;
}

/** Opens the socket.
 * @returns undefined where it cannot be opened, which the log then tells
 * @throws CATZ_CLI_SOCKET where `socket` was named */
export async function openThreadControl(
  threads: Threads,
  { file, socket, env, log, mode, address }: ThreadControlOptions,
): Promise<ControlServer | undefined> {
  const info = (): object => ({
    pid: process.pid,
    file,
    mode,
    threads: threads.serving.length,
    address: address(),
  });
  const lines = (): readonly Ask[] =>
    threads.serving.map(
      (thread) => (command, args) =>
        threads.ask('control', { command, args }, limitOf(command), thread),
    );
  try {
    return await openControl(socket ?? (await socketPath(file, env)), gatherControl(info, lines));
  } catch (error) {
    if (socket !== undefined) throw error;
    log.warn(`no control socket: ${(error as Error).message}`);
    return undefined;
  }
}

/** What a thread answers. */
export function answerControl(app: FastifyInstance, payload: unknown): Promise<unknown> {
  const { command, args } = payload as { readonly command: string; readonly args: unknown };
  return runControl(app, command, args);
}

function limitOf(command: string): number {
  return command === 'cache.purge' || command === 'cache.warm' ? SLOW : QUICK;
}
