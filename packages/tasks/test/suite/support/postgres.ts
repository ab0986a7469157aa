// A PostgreSQL server for tests: its own cluster in a temporary folder, on a free port of 127.0.0.1, without durability.
// It refuses to run as root: started by root, it gets the rights of the user `postgres`, or `nobody`.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  chownSync,
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, until } from '@catzilla/bus/testing';

const run = promisify(execFile);

export interface PostgresServer {
  readonly connection: { readonly connectionString: string; readonly migrate: true };
  stop(): Promise<void>;
}

/** Why there is none; undefined: there is one. */
export function postgresSkipReason(): string | undefined {
  if (process.env['CATZ_SKIP_POSTGRES'] === '1') return 'CATZ_SKIP_POSTGRES=1';
  if (binaries() === undefined) return 'no PostgreSQL server is installed';
  if (process.getuid?.() === 0 && otherUser() === undefined) {
    return 'PostgreSQL does not run as root, and there is no other user';
  }
  return undefined;
}

export async function startPostgres(): Promise<PostgresServer> {
  const folder = binaries()!;
  const user = process.getuid?.() === 0 ? otherUser() : undefined;
  const base = mkdtempSync(join(tmpdir(), 'catz-postgres-'));
  if (user !== undefined) chownSync(base, user.uid, user.gid);
  const data = join(base, 'data');
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' };
  const as = { cwd: base, env, ...user };
  await run(
    join(folder, 'initdb'),
    ['-D', data, '-U', 'test', '-A', 'trust', '-N', '-E', 'UTF8'],
    as,
  );
  const port = await freePort();
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', base];
  const settings = ['-c', 'fsync=off', '-c', 'shared_buffers=16MB', '-c', 'max_connections=200'];
  const server = spawn(join(folder, 'postgres'), [...args, ...settings], {
    ...as,
    stdio: 'ignore',
  });
  const kill = (): boolean => server.kill('SIGKILL');
  process.once('exit', kill);
  const connection = {
    connectionString: `postgres://test@127.0.0.1:${port}/postgres`,
    migrate: true as const,
  };
  const stop = async (): Promise<void> => {
    process.removeListener('exit', kill);
    if (server.exitCode === null) {
      // SIGINT is its fast shutdown.
      server.kill('SIGINT');
      await once(server, 'exit');
    }
    rmSync(base, { recursive: true, force: true });
  };
  try {
    await until('PostgreSQL answers', async () => {
      if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}`);
      return run(join(folder, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)], as);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { connection, stop };
}

function binaries(): string | undefined {
  const root = '/usr/lib/postgresql';
  const packaged = exists(root)
    ? readdirSync(root).map((version) => join(root, version, 'bin'))
    : [];
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...onPath, ...packaged.toReversed()].find((folder) =>
    ['postgres', 'initdb', 'pg_isready'].every((name) => exists(join(folder, name))),
  );
}

function exists(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Not there, or not for us.
  }
}

function otherUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (!exists('/etc/passwd') && process.platform === 'win32') return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const named = ['postgres', 'nobody'].map((name) =>
    lines.find((line) => line.startsWith(`${name}:`)),
  );
  const [, , uid, gid] = named.find((line) => line !== undefined)?.split(':') ?? [];
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}
