// Runs code in a Node process of its own, with flags and environment, and gives back what it printed.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const dist = new URL('../../dist/', import.meta.url).href;

/** How to run it. */
interface ChildOptions {
  /** Flags of Node. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Limit of address space, where a shell has `ulimit -v`. */
  readonly addressSpaceKiB?: number;
}

/** Runs an ES module with `openCache` and `errors` in scope.
 * @returns its standard output, trimmed
 * @throws when it ends with another code than 0; the message holds its standard error */
export async function runChild(
  code: string,
  { flags = [], env = {}, addressSpaceKiB }: ChildOptions = {},
): Promise<string> {
  const program = `import { openCache, errors } from ${JSON.stringify(`${dist}index.js`)};\n${code}`;
  const command = [process.execPath, ...flags, '--input-type=module', '-e', program];
  if (addressSpaceKiB !== undefined) {
    command.unshift('sh', '-c', `ulimit -v ${addressSpaceKiB} && exec "$@"`, 'sh');
  }
  const [file, ...args] = command as [string, ...string[]];
  const { stdout } = await promisify(execFile)(file, args, {
    env: { ...process.env, ...env },
    timeout: 200_000,
  });
  return stdout.trim();
}
