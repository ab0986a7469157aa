// What becomes of an error of a factory on its way to who asked.
// Invariant: the cause is what the factory threw, whatever the number of services on the way; the path names all of them. Our own
// refusals and deliberate answers (a statusCode of 400 to 499) go through as they are.
import { errors } from '../errors.ts';
import type { Service } from '../compile/service.ts';

const PASSED: ReadonlySet<unknown> = new Set([
  'CATZ_DI_CLOSED',
  'CATZ_DI_CYCLE',
  'CATZ_DI_MISSING',
  'CATZ_DI_NOT_STARTED',
  'CATZ_DI_SCOPE_CLOSED',
  'CATZ_DI_SEED_MISSING',
]);

const paths = new WeakMap<object, readonly string[]>();

/** The error to throw when making a service failed. */
export function failure(service: Service, error: unknown): unknown {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  const isAnswer = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
  if (isAnswer || PASSED.has(code)) return error;
  const inner = typeof error === 'object' && error !== null ? paths.get(error) : undefined;
  const path = [service.name, ...(inner ?? [])];
  const cause = inner === undefined ? error : (error as Error).cause;
  // Without the cause's own words: they may hold what no client should read.
  const failed = new errors.FACTORY_FAILED(path.at(-1), path.join(' -> '), { cause });
  const status = typeof statusCode === 'number' && statusCode >= 500 ? { statusCode } : {};
  paths.set(failed, path);
  return Object.assign(failed, { path }, status);
}

/** What went wrong, in one line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
