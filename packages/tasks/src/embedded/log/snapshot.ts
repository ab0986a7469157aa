// The state of a store as records, and back, without running commands.
// A snapshot is a header, then for each queue its record, its keys, schedulers and jobs, then commands that were prepared and
// not committed, then a closing record: without that one it is not whole. Events are left out: their readers are gone.
// Invariant: replaying a log over a loaded snapshot gives what replaying the whole log gives, orders and totals included.
import { FORMAT_VERSION, RECORD } from './record.ts';
import { jobsInOrder, loadJob, storeJob } from './snapshot-job.ts';
import type { Metrics, QueueState, RateWindow, Scheduler } from '../engine/queue.ts';
import type { StoreState } from '../engine/store-state.ts';
import type { LogRecord, RecordType } from './record.ts';
import type { Pending } from './replay.ts';
import type { JobRecord } from './snapshot-job.ts';

/** What a snapshot begins with. */
export interface SnapshotHeader {
  readonly version: number;
  readonly kind: 'snapshot';
  /** The segment whose records come after it. */
  readonly segment: number;
  /** Of the last record before that segment. */
  readonly sequence: number;
}

type Part =
  | ['queue', StoredQueue]
  | ['deduplication', id: string, jobId: string, expiresAt: number | null]
  | ['next', id: string, json: string]
  | ['scheduler', Scheduler]
  | JobRecord
  | ['pending', sequence: number, body: string];

interface StoredQueue {
  readonly name: string;
  readonly prefix: string;
  readonly meta: [string, string][];
  readonly rateWindow: RateWindow | null;
  readonly metrics: { readonly completed: Metrics; readonly failed: Metrics };
  readonly lastId: number;
  readonly maxEvents: number;
}

/** The records of a snapshot, in order.
 * @param at       where the log goes on
 * @param pending  prepared commands whose commit is in a later segment */
export function* snapshotRecords(
  store: StoreState,
  at: { readonly segment: number; readonly sequence: number },
  pending: readonly Pending[],
): Generator<[RecordType, string], void, undefined> {
  const header: SnapshotHeader = {
    version: FORMAT_VERSION,
    kind: 'snapshot',
    segment: at.segment,
    sequence: at.sequence,
  };
  yield [RECORD.header, JSON.stringify(header)];
  for (const queue of store.queues.values()) {
    for (const part of partsOf(queue)) yield [RECORD.state, JSON.stringify(part)];
  }
  for (const { sequence, body } of pending) {
    yield [RECORD.state, JSON.stringify(['pending', sequence, body])];
  }
  yield [RECORD.closed, '{}'];
}

function* partsOf(queue: QueueState): Generator<Part, void, undefined> {
  const { name, prefix, meta, rateWindow, metrics, lastId, events } = queue;
  yield [
    'queue',
    {
      name,
      prefix,
      meta: [...meta],
      rateWindow: rateWindow ?? null,
      metrics,
      lastId,
      maxEvents: events.maxLength,
    },
  ];
  for (const [id, { jobId, expiresAt }] of queue.deduplication) {
    yield ['deduplication', id, jobId, expiresAt === Infinity ? null : expiresAt];
  }
  for (const [id, json] of queue.deduplicationNext) yield ['next', id, json];
  for (const scheduler of queue.schedulers.values()) yield ['scheduler', scheduler];
  for (const job of jobsInOrder(queue)) yield storeJob(queue, job);
}

/** Builds a store from the records of a snapshot. */
export class SnapshotLoader {
  readonly #store: StoreState;
  readonly #pending: Pending[] = [];
  #header: SnapshotHeader | undefined;
  #queue: QueueState | undefined;
  #isWhole = false;

  /** @param store  an empty one */
  constructor(store: StoreState) {
    this.#store = store;
  }

  get header(): SnapshotHeader | undefined {
    return this.#header;
  }

  get pending(): readonly Pending[] {
    return this.#pending;
  }

  /** Whether the last record was there. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Takes the next record.
   * @throws Error when the record is none that this version can read */
  take(record: Pick<LogRecord, 'type' | 'body'>): void {
    if (record.type === RECORD.header) this.#begin(record.body);
    else if (record.type === RECORD.closed) this.#isWhole = true;
    else if (record.type === RECORD.state) this.#load(JSON.parse(record.body) as Part);
    else throw new Error(`a record of type ${String(record.type)} does not belong in a snapshot`);
  }

  #begin(body: string): void {
    const header = JSON.parse(body) as SnapshotHeader;
    if (header.version !== FORMAT_VERSION || header.kind !== 'snapshot') {
      throw new Error(
        `it has format ${String(header.version)}, this version reads ${String(FORMAT_VERSION)}`,
      );
    }
    this.#header = header;
  }

  #load(part: Part): void {
    if (part[0] === 'queue') {
      this.#queue = this.#loadQueue(part[1]);
      return;
    }
    if (part[0] === 'pending') {
      this.#pending.push({ sequence: part[1], body: part[2] });
      return;
    }
    const queue = this.#queue;
    if (queue === undefined) throw new Error('a part of a queue comes before its queue');
    if (part[0] === 'job') loadJob(this.#store, queue, part);
    else if (part[0] === 'next') queue.deduplicationNext.set(part[1], part[2]);
    else if (part[0] === 'scheduler') queue.schedulers.set(part[1].id, part[1]);
    else queue.deduplication.set(part[1], { jobId: part[2], expiresAt: part[3] ?? Infinity });
  }

  #loadQueue(stored: StoredQueue): QueueState {
    const queue = this.#store.queueOf(stored.name, stored.prefix);
    for (const [field, value] of stored.meta) queue.meta.set(field, value);
    queue.rateWindow = stored.rateWindow ?? undefined;
    Object.assign(queue.metrics.completed, stored.metrics.completed);
    Object.assign(queue.metrics.failed, stored.metrics.failed);
    queue.lastId = stored.lastId;
    queue.events.maxLength = stored.maxEvents;
    return queue;
  }
}
