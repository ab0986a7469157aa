// Where control sockets are: in one directory of the user's own, each named by its application file. On Windows pipes, which
// have no directory.
// Invariant: nobody else can put a socket where ours are looked for, or reach one of ours: the directory is the user's, no
// link, and open to nobody else, or it is not used at all.
import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, realpath } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { cliErrors } from '../errors.ts';
import type { Variables } from '../options/mode.ts';

/** Longest path of a socket that every system takes, bytes; of sun_path, which ends with a zero. */
const MAX_PATH_BYTES = 103;
const SUFFIX = '.sock';
const OTHERS = 0o077;

/** The directory of the user's control sockets. Nothing is made or checked. */
export function socketDirectory(env: Variables): string {
  const runtime = env['XDG_RUNTIME_DIR'];
  if (runtime !== undefined && runtime.startsWith('/')) return join(runtime, 'catzilla');
  return join(tmpdir(), `catzilla-${userInfo().uid}`);
}

/** The control socket of an application; its directory is made where it is missing.
 * @param file  the application file
 * @throws CATZ_CLI_SOCKET */
export async function socketPath(file: string, env: Variables): Promise<string> {
  const name = await socketName(file);
  if (process.platform === 'win32') return `\\\\.\\pipe\\catzilla-${name}`;
  const directory = socketDirectory(env);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await checkDirectory(directory);
  return checkLength(join(directory, `${name}${SUFFIX}`));
}

/** The control sockets there are, of running programs or left behind.
 * @throws CATZ_CLI_SOCKET where the directory is not to be trusted */
export async function socketPaths(env: Variables): Promise<readonly string[]> {
  if (process.platform === 'win32') return [];
  const directory = socketDirectory(env);
  let names: readonly string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new cliErrors.SOCKET(directory, (error as Error).message, { cause: error });
  }
  await checkDirectory(directory);
  return names
    .filter((name) => name.endsWith(SUFFIX))
    .sort()
    .map((name) => join(directory, name));
}

/** Refuses a path that the system would cut.
 * @throws CATZ_CLI_SOCKET */
export function checkLength(path: string): string {
  const bytes = Buffer.byteLength(path);
  if (process.platform === 'win32' || bytes <= MAX_PATH_BYTES) return path;
  throw new cliErrors.SOCKET(
    path,
    `a path of at most ${MAX_PATH_BYTES} bytes is needed, got ${bytes}`,
  );
}

// One file has one name, whatever way leads to it.
async function socketName(file: string): Promise<string> {
  const absolute = resolve(file);
  const real = await realpath(absolute).catch(() => absolute);
  const hash = createHash('sha256').update(real).digest('hex').slice(0, 12);
  const stem = basename(real)
    .replace(/[^\w.-]/g, '_')
    .slice(0, 20);
  return `${stem}-${hash}`;
}

async function checkDirectory(directory: string): Promise<void> {
  const refuse = (why: string): Error => new cliErrors.SOCKET(directory, why);
  const found = await lstat(directory);
  if (found.isSymbolicLink()) throw refuse('it is a symbolic link');
  if (!found.isDirectory()) throw refuse('it is no directory');
  if (found.uid !== process.getuid?.()) throw refuse('it belongs to another user');
  if ((found.mode & OTHERS) !== 0) throw refuse('others may enter it; expected mode 0700');
}
