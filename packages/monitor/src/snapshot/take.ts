// Snapshots of an application: this thread read, the others asked, all of it summed.
// Invariant: one source for each application, which ends with it. Nothing runs between two snapshots but what counts requests.
import { randomUUID } from 'node:crypto';
import { getEnvironmentData } from 'node:worker_threads';
import type { FastifyInstance } from 'fastify';
import { addRecorder } from '../http/recorder.ts';
import { Peers } from '../peers/peers.ts';
import type { Gathered } from '../peers/peers.ts';
import { LoopWatch } from '../read/loop.ts';
import { ThreadReader } from '../read/read-thread.ts';
import { addRemains, remainsOf } from './remains.ts';
import type { Snapshot } from './snapshot.ts';
import { RoutePlaces } from './sum-routes.ts';
import { sumReadings } from './sum.ts';

/** How a snapshot is taken. */
export interface SnapshotOptions {
  /** Somebody looks now: the garbage collector is observed from then on. false for what runs all the time. Default: true. */
  readonly isWatched?: boolean;
}

/** Where snapshots come from. */
export interface SnapshotSource {
  take(options?: SnapshotOptions): Promise<Snapshot>;
  /** With what each thread adds. */
  takeWith(): Promise<FullSnapshot>;
  /** What this thread adds to its readings: plain data; never rejects. One at a time. */
  extra: () => Promise<unknown>;
  /** What is left of that when threads serve no more; never throws. Default: nothing.
   * @param sum  of those that left before; undefined: there were none */
  addExtras: (sum: unknown, extra: unknown) => unknown;
}

/** A snapshot, and what threads added to their readings; undefined where one adds nothing. This thread's is the first. */
export interface FullSnapshot {
  readonly snapshot: Snapshot;
  readonly serving: readonly unknown[];
  /** Of threads that serve no more; of most of them as one, by `addExtras`. */
  readonly gone: readonly unknown[];
  /** Whether this thread speaks where one speaks for all: the eldest of those that serve. */
  readonly isFirst: boolean;
}

/** Under which the main thread tells its threads that they are one application: see `setEnvironmentData` of worker_threads. */
export const THREADS_KEY = 'catzilla.threads';

const SOURCE: unique symbol = Symbol('catzilla.monitor.snapshots');

type Sourced = FastifyInstance & { [SOURCE]?: Source };

/** The source of an application; made on first call, which has to be before it is ready. */
export function snapshotsOf(app: FastifyInstance): SnapshotSource {
  const instance = app as Sourced;
  const known = instance[SOURCE];
  if (known !== undefined) return known;
  const source = new Source(app);
  instance[SOURCE] = source;
  app.addHook('preClose', () => source.beforeClose());
  app.addHook('onClose', () => source.close());
  return source;
}

/** All that is known of an application now. Never rejects for what a part does.
 * @example const { http } = await takeSnapshot(app); */
export function takeSnapshot(app: FastifyInstance, options?: SnapshotOptions): Promise<Snapshot> {
  return snapshotsOf(app).take(options);
}

class Source implements SnapshotSource {
  readonly #loop = new LoopWatch();
  readonly #peers: Peers;
  readonly #places = new RoutePlaces();
  readonly #name: string | undefined;
  readonly #reader: ThreadReader;

  extra = async (): Promise<unknown> => undefined;
  addExtras = (_sum: unknown, _extra: unknown): unknown => undefined;

  constructor(app: FastifyInstance) {
    // By age: the eldest speaks where one speaks for all.
    const id = `${String(Date.now()).padStart(15, '0')} ${randomUUID()}`;
    const recorder = addRecorder(app);
    this.#reader = new ThreadReader(id, { app, recorder, loop: this.#loop });
    this.#name = nameOfThreads();
    this.#peers = new Peers({
      id,
      name: this.#name,
      read: async ({ isWatched, isFull }) => {
        const [thread, extra] = await Promise.all([
          this.#reader.read(isWatched),
          isFull ? this.extra() : undefined,
        ]);
        return { thread, extra };
      },
      fold: (sum, { thread, extra }) => ({
        thread: sum === undefined ? remainsOf(thread) : addRemains(sum.thread, thread),
        extra: this.addExtras(sum?.extra, extra),
      }),
    });
  }

  async take({ isWatched = true }: SnapshotOptions = {}): Promise<Snapshot> {
    return this.#sum(await this.#peers.gather({ isWatched, isFull: false }));
  }

  async takeWith(): Promise<FullSnapshot> {
    const gathered = await this.#peers.gather({ isWatched: true, isFull: true });
    const { here, others, gone } = gathered;
    return {
      snapshot: this.#sum(gathered),
      serving: [here, ...others].map(({ extra }) => extra),
      gone: gone.map(({ extra }) => extra),
      isFirst: others.every(({ thread }) => here.thread.id < thread.id),
    };
  }

  // Parts may close before this does and tell nothing any more: what they have counted until now stands in the good-bye.
  async beforeClose(): Promise<void> {
    if (this.#name !== undefined) await this.#reader.read(false);
  }

  async close(): Promise<void> {
    await this.#peers.close();
    this.#loop.close();
    if (this.#name !== undefined) namesInUse.delete(this.#name);
  }

  #sum(gathered: Gathered): Snapshot {
    return sumReadings(gathered, this.#places);
  }
}

/** Several applications of one thread have the same names in every thread, if they are made in the same order. */
const namesInUse = new Set<string>();

function nameOfThreads(): string | undefined {
  const told = getEnvironmentData(THREADS_KEY);
  if (typeof told !== 'string') return undefined;
  let number = 1;
  while (namesInUse.has(nameOf(told, number))) number++;
  const name = nameOf(told, number);
  namesInUse.add(name);
  return name;
}

function nameOf(told: string, number: number): string {
  return `catzilla-monitor ${process.pid} ${told} ${number}`;
}
