// The children of a job, made when the first is added: most jobs never have any. All changes of them go through here.
// Invariant: `store.bytes` counts every key and value held, so that what drops a job takes `dependencyBytes` away again.
import type { Dependencies, Job } from '../engine/job.ts';
import type { StoreState } from '../engine/store-state.ts';

/** What an entry costs beside its characters. */
const ENTRY_ALLOWANCE = 32;

/** The lists of children by what became of them. */
export type Kind = keyof Dependencies;

/** The children of a job; made empty when it had none. */
function dependenciesOf(job: Job): Dependencies {
  job.rare ??= {};
  job.rare.dependencies ??= {
    pending: new Set(),
    processed: new Map(),
    ignored: new Map(),
    failed: new Set(),
  };
  return job.rare.dependencies;
}

/** How many children a job waits for. */
export function pendingOf(job: Job): number {
  return job.rare?.dependencies?.pending.size ?? 0;
}

/** Adds a child, or puts another value in the place of its old one.
 * @param value  what `processed` and `ignored` hold by the key */
export function addChild(
  store: StoreState,
  parent: Job,
  kind: Kind,
  childKey: string,
  value = '',
): void {
  removeChild(store, parent, kind, childKey);
  const list = dependenciesOf(parent)[kind];
  if (list instanceof Map) list.set(childKey, value);
  else list.add(childKey);
  store.bytes += entryBytes(childKey, value);
}

/** @returns false when it is not in that list */
export function removeChild(store: StoreState, parent: Job, kind: Kind, childKey: string): boolean {
  const list = parent.rare?.dependencies?.[kind];
  if (list === undefined || !list.has(childKey)) return false;
  store.bytes -= entryBytes(childKey, list instanceof Map ? (list.get(childKey) ?? '') : '');
  return list.delete(childKey);
}

/** Bytes that the children of a job are counted as. */
export function dependencyBytes({ pending, processed, ignored, failed }: Dependencies): number {
  let bytes = 0;
  for (const key of pending) bytes += entryBytes(key, '');
  for (const [key, value] of processed) bytes += entryBytes(key, value);
  for (const [key, reason] of ignored) bytes += entryBytes(key, reason);
  for (const key of failed) bytes += entryBytes(key, '');
  return bytes;
}

function entryBytes(key: string, value: string): number {
  return key.length + value.length + ENTRY_ALLOWANCE;
}
