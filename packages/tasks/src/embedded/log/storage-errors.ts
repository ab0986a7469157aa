// What callers are told when the disk takes no more.
import { errors } from '../../errors.ts';

/** CATZ_TASKS_STORAGE_FULL, with what the system said. */
export function storageFull(dir: string, cause: Error | undefined): Error {
  return new errors.STORAGE_FULL(dir, rootOf(cause), { cause });
}

/** CATZ_TASKS_STORAGE_FAILED, with what the system said. */
export function storageFailed(dir: string, cause: Error | undefined): Error {
  return new errors.STORAGE_FAILED(dir, rootOf(cause), { cause });
}

function rootOf(error: Error | undefined): string {
  let root = error;
  while (root?.cause instanceof Error) root = root.cause;
  return root?.message ?? 'unknown';
}
