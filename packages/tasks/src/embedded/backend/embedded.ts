// embeddedBackend(): the factory that BullMQ's Queue, Worker, FlowProducer and QueueEvents take.
// Invariant: all backends of one factory share one store; so do all of this thread that name the same folder.
import { bytes, checkOptions, int, optional } from '@catzilla/common';
import { errors } from '../../errors.ts';
import { diskSpecs } from '../log/options.ts';
import { remoteStore } from '../threads/remote-store.ts';
import { EmbeddedBackend } from './embedded-backend.ts';
import { storeOf } from './store-of.ts';
import type { OptionSpecs } from '@catzilla/common';
import type { BackendFactory } from 'bullmq';
import type { DiskOptions, Durability } from '../log/options.ts';
import type { BackendOptions } from './arguments.ts';
import type { StoreLimits, StoreStats } from './shared-store.ts';
import type { StoreOptions } from './store-of.ts';

export interface EmbeddedOptions {
  /** Path of the folder that holds the jobs, made when it is not there (0700), owned by one process. Default: none, jobs are in memory
   * and gone with the process. Those below, up to `maxStalled`, are errors without it. */
  readonly dir?: string;
  /** When an enqueue is acknowledged, and so what a crash can take; see Durability. Default: 'every-write'. */
  readonly durability?: Durability;
  /** ms between flushes in mode `interval`, and of starts and ends of attempts in `every-write`. Default: 100. */
  readonly flushInterval?: number;
  /** Wait for the log when an attempt ends, too: a job that ended then never runs again. Default: false. */
  readonly awaitCompletion?: boolean;
  /** Open a damaged folder: keep a copy beside it, and all that is readable. Default: false. */
  readonly repair?: boolean;
  /** How often a job may be active while the process dies before it fails. Default: 3. */
  readonly maxStalled?: number;
  /** Jobs in all queues, finished ones that are kept included. Beyond it an add rejects with CATZ_TASKS_QUEUE_FULL. Default: 1,000,000. */
  readonly maxJobs?: number;
  /** Bytes of payloads, results, logs, deduplication keys and an allowance for each job. Default: 512 MiB. */
  readonly maxBytes?: number;
}

/** What embeddedBackend() makes: the fourth argument of a Worker, the third of a Queue. */
export interface EmbeddedFactory extends BackendFactory<EmbeddedBackend, unknown> {
  /** Tells it from the backends over a network. */
  readonly kind: 'embedded';
  /** Whether the store is in another thread, which may serve others besides: useTaskStores(). */
  readonly isShared: boolean;
  /** What the store holds now. */
  stats(): StoreStats;
}

const MIB = 2 ** 20;

/** Queues in this process.
 * @throws CATZ_TASKS_OPTIONS. What concerns the folder rejects where the store opens, with the first call of a backend:
 *   CATZ_TASKS_LOCKED, CATZ_TASKS_LOG_CORRUPT, CATZ_TASKS_STORAGE_FULL, what the file system says (EACCES, EROFS) */
export function embeddedBackend(options: EmbeddedOptions = {}): EmbeddedFactory {
  const { dir, maxJobs, maxBytes, ...rest } = checkOptions<Checked>(options, SPECS, {
    path: 'options',
    error: (message) => new errors.OPTIONS(message),
  });
  if (dir === undefined) refuseDiskOptions(options);
  const limits = { maxJobs, maxBytes };
  const wanted = { limits, disk: dir === undefined ? undefined : { dir, ...rest } };
  return remoteFactory(wanted) ?? localFactory(wanted);
}

// Whoever asks for durability and names no folder (a variable that is not set) would lose what was to be kept.
function refuseDiskOptions(options: EmbeddedOptions): void {
  const { dir: _dir, ...ofDisk } = diskSpecs;
  for (const name of Object.keys(ofDisk) as (keyof EmbeddedOptions)[]) {
    if (options[name] === undefined) continue;
    throw new errors.OPTIONS(
      `expected options.dir to be a path where options.${name} is given, got undefined`,
    );
  }
}

function localFactory(options: StoreOptions): EmbeddedFactory {
  const shared = storeOf(options);
  const make: BackendFactory<EmbeddedBackend, unknown> = (
    name,
    opts,
    { withBlockingConnection } = {},
  ) => {
    const own = opts as BackendOptions;
    const backend = new EmbeddedBackend(shared, name, own);
    // A worker is listed by name, as on Redis, where the connection it waits on has it.
    if (withBlockingConnection === true) {
      backend.name = backend.clientName(own.name === undefined ? '' : `:w:${own.name}`);
    }
    return backend;
  };
  return Object.assign(make, {
    kind: 'embedded' as const,
    isShared: false,
    stats: () => shared.stats(),
  });
}

/** In a thread of `catzilla start`, or of any program whose main thread owns the stores. */
function remoteFactory(options: StoreOptions): EmbeddedFactory | undefined {
  const store = remoteStore(options);
  if (store === undefined) return undefined;
  const make: BackendFactory<EmbeddedBackend, unknown> = (
    name,
    opts,
    { withBlockingConnection } = {},
  ) =>
    // It has the members of the contract, and those that statistics use.
    store.backend(
      name,
      opts as BackendOptions,
      withBlockingConnection === true,
    ) as unknown as EmbeddedBackend;
  return Object.assign(make, {
    kind: 'embedded' as const,
    isShared: true,
    stats: () => store.stats(),
  });
}

type Checked = StoreLimits & Omit<DiskOptions, 'dir'> & { readonly dir: string | undefined };

const SPECS: OptionSpecs<Checked> = {
  ...diskSpecs,
  dir: optional(diskSpecs.dir),
  maxJobs: int({ min: 1, default: 1_000_000 }),
  maxBytes: bytes({ min: 1, default: 512 * MIB }),
};
