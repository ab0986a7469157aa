// A real Redis (or Valkey) server for tests: on 127.0.0.1 only, on a free port, in a temporary folder, without
// persistence unless its config says otherwise, so that a restart comes back empty.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errors } from '../errors.ts';
import { ask } from './ask.ts';
import type { Reply } from './ask.ts';
import { freePort } from './ports.ts';
import { removeAtExit, startProcess } from './process.ts';
import type { ServerProcess } from './process.ts';

/** Options of startRedis. */
export interface StartRedisOptions {
  /** Lines of redis.conf, for example `['maxmemory 2mb', 'maxmemory-policy noeviction']`. */
  readonly config?: readonly string[] | undefined;
  /** `requirepass`. */
  readonly password?: string | undefined;
  /** Its folder; made if missing, kept by `stop()`. Default: a temporary one, removed by `stop()`. */
  readonly dir?: string | undefined;
  /** Default: a free one. */
  readonly port?: number | undefined;
}

/** A running server. */
export interface RedisServer extends AsyncDisposable {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** `redis://[:password@]127.0.0.1:port`. */
  readonly url: string;
  /** Changes with `restart()`. */
  readonly pid: number;
  readonly dir: string;
  readonly isRunning: boolean;
  /** Sends one command over a connection of its own. */
  ask(...command: string[]): Promise<Reply>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP: connections are accepted by the system, nothing is answered. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Kills it if it runs and starts it with the same port, folder and config. */
  restart(): Promise<void>;
  /** Ends it and removes what it left. Idempotent. */
  stop(): Promise<void>;
}

/** Starts a server.
 * @throws CATZ_BUS_NO_SERVER, CATZ_BUS_SERVER_START
 * @example await using server = await startRedis({ config: ['maxmemory 2mb'] }) */
export function startRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  const { config = [], password, dir, port } = options;
  const secret = password === undefined ? [] : [`requirepass ${quoted(password)}`];
  return startServer({ dir, port, password, conf: ['save ""', ...secret, ...config], args: [] });
}

/** What a server is started from; used for sentinels too. */
export interface ServerSpec {
  readonly dir: string | undefined;
  readonly port: number | undefined;
  readonly password: string | undefined;
  readonly conf: readonly string[];
  readonly args: readonly string[];
}

const ATTEMPTS = 10;

/** Starts a server from its spec; a port that is taken is tried again elsewhere, unless it was asked for. */
export async function startServer(spec: ServerSpec): Promise<RedisServer> {
  const dir = spec.dir ?? mkdtempSync(join(tmpdir(), 'catz-redis-'));
  mkdirSync(dir, { recursive: true });
  const removeDir = spec.dir === undefined ? removeAtExit(dir) : () => undefined;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const port = spec.port ?? (await freePort());
    const conf = ['bind 127.0.0.1', `port ${port}`, `dir ${quoted(dir)}`, ...spec.conf];
    rmSync(join(dir, 'redis.conf'), { force: true });
    const start = (): Promise<ServerProcess | undefined> => startProcess(dir, conf, spec.args);
    const first = await start();
    if (first !== undefined) return handle({ ...spec, port, dir }, first, start, removeDir);
    if (spec.port !== undefined) break;
  }
  removeDir();
  throw new errors.SERVER_START('redis-server', `port ${spec.port ?? ''} is in use`);
}

// As redis.conf quotes.
function quoted(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, '\\$&')}"`;
}

function handle(
  { port, dir, password }: ServerSpec & { readonly port: number; readonly dir: string },
  first: ServerProcess,
  start: () => Promise<ServerProcess | undefined>,
  removeDir: () => void,
): RedisServer {
  let current = first;
  const stop = async (): Promise<void> => {
    await current.kill();
    removeDir();
  };
  return {
    host: '127.0.0.1',
    port,
    url: `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    dir,
    get pid() {
      return current.pid;
    },
    get isRunning() {
      return current.isRunning;
    },
    ask: (...command) => ask(port, command, password),
    kill: () => current.kill(),
    pause: () => current.signal('SIGSTOP'),
    resume: () => current.signal('SIGCONT'),
    async restart() {
      await current.kill();
      const next = await start();
      if (next === undefined)
        throw new errors.SERVER_START('redis-server', `port ${port} is in use`);
      current = next;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
