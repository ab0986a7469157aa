// The system's words for an error number; util.getSystemErrorMessage is not in Node 20.
import { getSystemErrorMap } from 'node:util';

/** For example `ENOENT: no such file or directory`.
 * @param errno  positive, as in C */
export function getSystemErrorMessage(errno: number): string {
  const [code, words] = getSystemErrorMap().get(-errno) ?? ['error', String(errno)];
  return `${code}: ${words}`;
}

/** For example `ENOENT`; `errno 512` for a number that libuv has no name for.
 * @param errno  positive, as in C */
export function getSystemErrorName(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[0] ?? `errno ${errno}`;
}
