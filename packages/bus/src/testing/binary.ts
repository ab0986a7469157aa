// Where the server binary for tests is: CATZ_TEST_REDIS, else redis-server or valkey-server on PATH, else the binary that
// Debian's redis-tools installs as redis-check-rdb. That one is the server itself: it looks at the name it was called
// by, so a link named redis-server in a temporary folder makes it serve, without the service the full package starts.
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { errors } from '../errors.ts';

/** Finds the binary of a Redis or Valkey server.
 * @param env  environment to look in. Default: `process.env`
 * @returns an absolute path, or what CATZ_TEST_REDIS says
 * @throws CATZ_BUS_NO_SERVER, with the one command that installs it */
export function redisBinary(env: NodeJS.ProcessEnv = process.env): string {
  const named = env['CATZ_TEST_REDIS'];
  if (named !== undefined && named !== '') {
    if (isProgram(named)) return named;
    throw new errors.NO_SERVER(`CATZ_TEST_REDIS names ${named}, which is no program`);
  }
  const server = onPath('redis-server', env) ?? onPath('valkey-server', env);
  if (server !== undefined) return server;
  const check = onPath('redis-check-rdb', env);
  if (check !== undefined) return linkAsServer(check);
  throw new errors.NO_SERVER(howToInstall());
}

/** Why tests with a server are left out: the text for a skip when CATZ_SKIP_REDIS=1; undefined: they must run. */
export function redisSkipReason(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env['CATZ_SKIP_REDIS'] === '1' ? 'CATZ_SKIP_REDIS=1' : undefined;
}

function howToInstall(): string {
  if (process.platform === 'darwin') return 'run: brew install redis';
  if (process.platform === 'win32') return 'run the tests in WSL, or set CATZ_SKIP_REDIS=1';
  return 'run: apt-get install redis-tools';
}

// One folder per program for all processes of this user, for those that are killed could not remove theirs; another
// user's folder of that name is passed over.
function linkAsServer(check: string): string {
  const target = realpathSync(check);
  const user = process.getuid?.() ?? 0;
  const name = createHash('sha256').update(target).digest('hex').slice(0, 8);
  const folder = join(tmpdir(), `catz-redis-bin-${user}-${name}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const isOurs = statSync(folder).uid === user;
  const link = join(isOurs ? folder : mkdtempSync(`${folder}-`), 'redis-server');
  if (isProgram(link) && realpathSync(link) === target) return link;
  // Put in place in one step: others may be starting a server by it.
  const made = `${link}.${process.pid}.${threadId}`;
  symlinkSync(target, made);
  renameSync(made, link);
  return link;
}

function onPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us: either way not this one
  }
}
