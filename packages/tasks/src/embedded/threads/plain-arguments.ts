// Arguments of a backend's members as they cross threads: plain values and flat objects as they are, all else as JSON, which is what the
// backend makes of it anyway. So nothing is sent that cannot be cloned, and what the caller changes afterwards changes nothing.
import type { JobsOptions } from 'bullmq';
import type { Forwarded } from './protocol.ts';

/** What stands for arguments. */
export interface PlainArguments {
  /** Bit i: argument i is JSON. */
  readonly json: number;
  readonly args: unknown[];
}

/** Members whose first argument is a job of BullMQ's, with its queue and all: of it, backends read id and two options. */
const WITH_JOB: ReadonlySet<string> = new Set<Forwarded>([
  'moveToCompleted',
  'moveToFailed',
  'retryFinishedJob',
  'updateData',
]);

/** HOT: benchmarks/tasks
 * @throws what JSON.stringify throws */
export function packArguments(member: string, given: readonly unknown[]): PlainArguments {
  const args: unknown[] = [];
  let json = 0;
  for (let i = 0; i < given.length; i++) {
    const value = given[i];
    if (typeof value === 'function' || typeof value === 'symbol') {
      // As in JSON.
      args.push(undefined);
    } else if (typeof value !== 'object' || value === null) {
      args.push(value);
    } else if (i === 0 && WITH_JOB.has(member)) {
      const { id, opts } = value as { readonly id?: string; readonly opts: JobsOptions };
      args.push({ id, opts: { attempts: opts.attempts, lifo: opts.lifo } });
    } else if (isFlat(value)) {
      args.push(Array.isArray(value) ? [...(value as unknown[])] : { ...value });
    } else {
      const text = JSON.stringify(value) as string | undefined;
      if (text !== undefined) json |= 1 << i;
      args.push(text);
    }
  }
  return { json, args };
}

export function unpackArguments(json: number, args: unknown[]): unknown[] {
  if (json === 0) return args;
  return args.map((value, i) => ((json & (1 << i)) === 0 ? value : JSON.parse(value as string)));
}

/** Whether it has nothing in it but plain values: these may be undefined or Infinity, which JSON does not know. */
function isFlat(value: object): boolean {
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== Array.prototype && proto !== null) return false;
  for (const one of Object.values(value)) {
    if (typeof one === 'object' ? one !== null : typeof one === 'function') return false;
    if (typeof one === 'symbol') return false;
  }
  return true;
}
