// The queues of an application as its producers hold them: opened on first use, closed together.
// Invariant: one Queue for each name, one QueueEvents for each queue somebody waits at. Over Redis a producer's connection has no
// offline queue: while Redis is away an enqueue rejects, instead of waiting for a reply whose request is gone by then.
import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FlowProducer, Queue, QueueEvents, Telemetry } from 'bullmq';
import { MAX_EVENTS } from '../define/stored.ts';
import { errors } from '../errors.ts';
import { kindOf, loadBullmq } from './bullmq.ts';
import type { AnyBackend, BackendKind, Bullmq, TaskBackend } from './bullmq.ts';

/** By which a reader of events finds out that it reads. */
const LISTENING_EVENT = 'catz:listening';

/** ms for which a call that got no answer in time speaks against its backend, unless another gets one before. */
const SILENCE = 10_000;

/** ms that a connection gets to close. */
const CLOSE = 1_000;

/** What links are made of. */
export interface LinkOptions {
  /** Loads what makes backends; asked once. */
  readonly backend: () => Promise<TaskBackend>;
  readonly connection: unknown;
  readonly prefix: string | undefined;
  readonly telemetry: Telemetry | undefined;
  /** Told what goes wrong with a connection while nobody waits for it. */
  readonly onError: (error: unknown, queue: string) => void;
}

/** What stands behind the queues. */
export interface Loaded {
  readonly bullmq: Bullmq;
  readonly backend: TaskBackend;
  readonly kind: BackendKind;
}

/** What tells of its connection: a backend over the network. */
interface AnyConnection {
  on(event: 'close' | 'ready', listener: () => void): unknown;
}

/** Opens what producers need, and closes it. */
export class Links implements AsyncDisposable {
  readonly #options: LinkOptions;
  readonly #queues = new Map<string, Promise<Queue>>();
  readonly #events = new Map<string, Promise<QueueEvents>>();
  #flows: Promise<FlowProducer> | undefined;
  #loaded: Promise<Loaded> | undefined;
  readonly #away = new Set<string>();
  readonly #unanswered = new Map<string, number>();
  #closing: Promise<void> | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** BullMQ, and the backend with its kind. */
  load(): Promise<Loaded> {
    this.#loaded ??= Promise.all([loadBullmq(), this.#options.backend()]).then(
      ([bullmq, backend]) => ({ bullmq, backend, kind: kindOf(backend, bullmq) }),
    );
    return this.#loaded;
  }

  /** The queue of a name.
   * @throws CATZ_TASKS_CLOSING after close() */
  queue(name: string): Promise<Queue> {
    return this.#once(this.#queues, name, async () => {
      const { bullmq, backend, kind } = await this.load();
      const queue = this.#watched(
        new bullmq.Queue(name, this.#producer(kind), asDefault(backend)),
        name,
      );
      const connection: AnyConnection = queue.getBackend();
      connection.on('close', () => this.#away.add(name));
      connection.on('ready', () => this.#away.delete(name));
      return queue;
    });
  }

  /** The events of a queue: those that come after it has resolved are all read.
   * @throws CATZ_TASKS_CLOSING after close() */
  events(name: string): Promise<QueueEvents> {
    return this.#once(this.#events, name, async () => {
      const { bullmq, backend } = await this.load();
      const events = new bullmq.QueueEvents(name, this.#consumer(), asDefault(backend));
      this.#watched(events, name);
      await events.waitUntilReady();
      await listening(events, await this.queue(name));
      return events;
    });
  }

  /** Names of queues whose connection is lost, and not there again. */
  get away(): readonly string[] {
    return this.#closing === undefined ? [...this.#away].sort() : [];
  }

  /** Names of queues whose backend did not answer in time, lately, although it is connected. */
  get silent(): readonly string[] {
    if (this.#closing !== undefined) return [];
    const since = performance.now() - SILENCE;
    const names = [...this.#unanswered].flatMap(([name, at]) => (at > since ? [name] : []));
    return names.filter((name) => !this.#away.has(name)).sort();
  }

  /** A call to the backend of a queue got its answer, or none in time. */
  noteAnswer(name: string, came: boolean): void {
    if (!came) this.#unanswered.set(name, performance.now());
    else if (this.#unanswered.size > 0) this.#unanswered.delete(name);
  }

  /** Reads the events of a queue no more. Never rejects. */
  async closeEvents(name: string): Promise<void> {
    const held = this.#events.get(name);
    this.#events.delete(name);
    const events = await held?.catch(() => undefined);
    if (events !== undefined) await closeOne(events);
  }

  /** What adds flows.
   * @throws CATZ_TASKS_CLOSING after close() */
  flows(): Promise<FlowProducer> {
    if (this.#closing !== undefined) return Promise.reject(new errors.CLOSING());
    this.#flows ??= this.load().then(({ bullmq, backend, kind }) =>
      this.#watched(new bullmq.FlowProducer(this.#producer(kind), asDefault(backend)), 'flows'),
    );
    return this.#flows;
  }

  /** Closes what was opened. Calling it again changes nothing. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #closeAll(): Promise<void> {
    const opened: Promise<Closable>[] = [
      ...this.#events.values(),
      ...this.#queues.values(),
      ...(this.#flows === undefined ? [] : [this.#flows]),
    ];
    // One that could not be opened has nothing to close.
    const held = await Promise.allSettled(opened);
    await Promise.all(
      held.map(async (each) => {
        if (each.status === 'fulfilled') await closeOne(each.value);
      }),
    );
  }

  // One that could not be opened is tried again by the next who asks.
  #once<T>(held: Map<string, Promise<T>>, name: string, open: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(new errors.CLOSING());
    const known = held.get(name);
    if (known !== undefined) return known;
    const opening = open();
    held.set(name, opening);
    opening.catch(() => held.delete(name));
    return opening;
  }

  #watched<T extends { on(event: 'error', listener: (error: Error) => void): unknown }>(
    link: T,
    name: string,
  ): T {
    link.on('error', (error) => this.#options.onError(error, name));
    return link;
  }

  #consumer(): { connection: never; prefix?: string } {
    const { connection = {}, prefix } = this.#options;
    return { connection: connection as never, ...(prefix !== undefined && { prefix }) };
  }

  #producer(kind: BackendKind): { connection: never; prefix?: string; telemetry?: Telemetry } {
    const consumer = this.#consumer();
    const { telemetry } = this.#options;
    const settings = { ...consumer, ...(telemetry !== undefined && { telemetry }) };
    const connection: unknown = consumer.connection;
    if (kind !== 'redis' || !isSettings(connection)) return settings;
    return { ...settings, connection: { enableOfflineQueue: false, ...connection } as never };
  }
}

// BullMQ reads from the end of the stream, wherever that is when its first read arrives, and does not say when that was: so
// something is written until it is read.
async function listening(events: QueueEvents, queue: Queue): Promise<void> {
  const mark = randomUUID();
  const heard = new AbortController();
  const onMark = (fields: { readonly mark?: unknown }): void => {
    if (fields.mark === mark) heard.abort();
  };
  // Custom events are not among the names that QueueEvents knows.
  const emitter = events as unknown as EventEmitter;
  emitter.on(LISTENING_EVENT, onMark);
  try {
    for (let wait = 2; !heard.signal.aborted; wait = Math.min(2 * wait, 200)) {
      await queue.getBackend().publishEvent({ event: LISTENING_EVENT, mark }, MAX_EVENTS);
      await sleep(wait, undefined, { signal: heard.signal }).catch(() => undefined);
      if (events.closing !== undefined) throw new errors.CLOSING();
    }
  } finally {
    emitter.off(LISTENING_EVENT, onMark);
  }
}

/** As much of BullMQ's classes as is closed. */
interface Closable {
  close(): Promise<void>;
  disconnect?(): Promise<void>;
}

// A server that is away, or does not answer, keeps nobody waiting; and what cannot say goodbye must not try to come back.
async function closeOne(link: Closable): Promise<void> {
  const patience = new AbortController();
  const late = sleep(CLOSE, 'late', { signal: patience.signal, ref: false });
  const closed = link.close().then(
    () => 'closed',
    () => 'failed',
  );
  const how = await Promise.race([closed, late]);
  patience.abort();
  late.catch(() => undefined);
  if (how !== 'closed') {
    await Promise.race([link.disconnect?.().catch(() => undefined), sleep(CLOSE)]);
  }
}

// BullMQ's classes are typed by their default backend, and use nothing of it but IQueueBackend.
function asDefault(backend: TaskBackend): AnyBackend {
  return backend as unknown as AnyBackend;
}

// Settings of a connection, not a client that somebody made: those are plain objects.
function isSettings(connection: unknown): connection is object {
  if (typeof connection !== 'object' || connection === null) return false;
  const prototype: unknown = Object.getPrototypeOf(connection);
  return prototype === Object.prototype || prototype === null;
}
