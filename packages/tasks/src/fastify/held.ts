// Jobs that a request enqueued and that wait for its reply: added once that was sent, dropped when it failed.
// Invariant: what is held is validated already; each of it is decided exactly once, by the first of: the response was handed to
// the network, its connection is gone, the application closes. Held jobs are in memory: they are lost with the process.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Prepared } from '../client/enqueue.ts';
import type { TaskHandle } from '../define/context.ts';

/** When a job of a request is added. 'sent': after the reply was sent with a status below 500; dropped when it failed, or the
 * client was gone before. 'always': after the reply, whatever became of it. 'now': at once, as `app.tasks.enqueue`. */
export type When = 'sent' | 'always' | 'now';

/** A job that waits for the reply. */
export interface HeldEnqueue<out Result = unknown> {
  readonly state: 'held' | 'added' | 'dropped' | 'failed';
  /** Waits until it is decided; not to be awaited before the reply is sent.
   * @returns undefined when it was dropped
   * @throws what enqueue() throws, when it could not be added */
  handle(): Promise<TaskHandle<Result> | undefined>;
}

/** As much of a logger as is used. */
interface Log {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** How a response ended. */
type Outcome = 'sent' | 'failed' | 'gone' | 'closing';

/** All that an application holds. */
export class HeldJobs {
  readonly #log: Log;
  readonly #open = new Set<RequestHold>();
  // Validations and adds that are under way.
  readonly #pending = new Set<Promise<unknown>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Jobs that wait for a reply. */
  get count(): number {
    let count = 0;
    for (const hold of this.#open) count += hold.count;
    return count;
  }

  /** A place for what one request holds. */
  holdFor(response: ServerResponse): RequestHold {
    return new RequestHold(response, this.#open);
  }

  /** Validates, then holds.
   * @param prepare  rejects where the payload is wrong */
  async hold<R>(
    hold: RequestHold,
    when: 'sent' | 'always',
    prepare: () => Promise<Prepared<R>>,
  ): Promise<HeldEnqueue<R>> {
    const prepared = await this.#track(prepare());
    const job = new HeldJob(prepared, when);
    void this.#track(
      job.handle().then(undefined, (error: unknown) => {
        // The client has its answer: there is nobody else to tell.
        this.#log.error(
          { err: error, task: prepared.task.name },
          'a held job could not be enqueued',
        );
      }),
    );
    hold.add(job);
    return job.face;
  }

  /** Waits until everything is decided and added, or for `ms`; what is then still held is decided as if its client were gone. */
  async settle(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms).unref();
    });
    await Promise.race([late, this.#decided()]);
    clearTimeout(timer);
    const left = this.count;
    if (left > 0) {
      this.#log.warn({ held: left }, 'the application closes before replies that jobs wait for');
    }
    for (const hold of this.#open) hold.decide('closing');
    await Promise.allSettled(this.#pending);
  }

  async #decided(): Promise<void> {
    while (this.#open.size > 0 || this.#pending.size > 0) {
      const open = Array.from(this.#open, (hold) => hold.decided);
      await Promise.allSettled([...open, ...this.#pending]);
    }
  }

  #track<T>(promise: Promise<T>): Promise<T> {
    const tracked = promise.finally(() => this.#pending.delete(tracked));
    this.#pending.add(tracked);
    // Who waits for the promise itself hears of a rejection.
    tracked.catch(() => undefined);
    return tracked;
  }
}

/** The jobs of one request. */
export class RequestHold {
  readonly decided: Promise<void>;
  readonly #open: Set<RequestHold>;
  readonly #jobs: HeldJob<never>[] = [];
  readonly #forget: () => void;
  #resolve: () => void = () => undefined;
  #outcome: Outcome | undefined;

  constructor(response: ServerResponse, open: Set<RequestHold>) {
    this.#open = open;
    this.decided = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const onFinish = (): void => {
      const answered = response.statusCode < 500 ? 'sent' : 'failed';
      this.decide(wasCutOff(response) ? 'gone' : answered);
    };
    const onClose = (): void => this.decide('gone');
    response.once('finish', onFinish);
    response.once('close', onClose);
    const forgetSocket = whenSocketCloses(response.req?.socket, onClose);
    this.#forget = () => {
      response.removeListener('finish', onFinish);
      response.removeListener('close', onClose);
      forgetSocket();
    };
    open.add(this);
    // A hook that runs after the reply may enqueue too. HTTP/2 knows only whether it was ended.
    const { writableFinished = response.writableEnded } = response as Partial<ServerResponse>;
    if (writableFinished) onFinish();
    else if (response.destroyed) onClose();
  }

  get count(): number {
    return this.#jobs.length;
  }

  add<R>(job: HeldJob<R>): void {
    if (this.#outcome === undefined) this.#jobs.push(job as unknown as HeldJob<never>);
    else job.decide(this.#outcome);
  }

  decide(outcome: Outcome): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.#forget();
    this.#open.delete(this);
    for (const job of this.#jobs.splice(0)) job.decide(outcome);
    this.#resolve();
  }
}

// Responses of HTTP/2 also say 'finish' when their stream was reset.
function wasCutOff(response: ServerResponse): boolean {
  const { stream } = response as ServerResponse & { stream?: { readonly rstCode?: number } };
  return !response.writableEnded || (stream?.rstCode ?? 0) !== 0;
}

class HeldJob<R> {
  readonly #prepared: Prepared<R>;
  readonly #when: 'sent' | 'always';
  readonly #handle: Promise<TaskHandle<R> | undefined>;
  #settle: (added: Promise<TaskHandle<R>> | undefined) => void = () => undefined;
  #state: HeldEnqueue['state'] = 'held';

  constructor(prepared: Prepared<R>, when: 'sent' | 'always') {
    this.#prepared = prepared;
    this.#when = when;
    this.#handle = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get face(): HeldEnqueue<R> {
    const state = (): HeldEnqueue['state'] => this.#state;
    return Object.freeze({
      get state() {
        return state();
      },
      handle: () => this.#handle,
    });
  }

  handle(): Promise<TaskHandle<R> | undefined> {
    return this.#handle;
  }

  decide(outcome: Outcome): void {
    if (this.#when === 'sent' && outcome !== 'sent') {
      this.#state = 'dropped';
      this.#settle(undefined);
      return;
    }
    this.#settle(this.#add());
  }

  async #add(): Promise<TaskHandle<R>> {
    try {
      const handle = await this.#prepared.enqueue();
      this.#state = 'added';
      return handle;
    } catch (error) {
      this.#state = 'failed';
      throw error;
    }
  }
}

const listening = new WeakMap<Socket, Set<() => void>>();

// A response that waits behind another one on its connection (HTTP/1.1 pipelining) hears nothing when that closes. One listener
// for each connection, however many they are: Node warns of a leak from the eleventh on.
function whenSocketCloses(socket: Socket | undefined, tell: () => void): () => void {
  if (socket === undefined) return () => undefined;
  let all = listening.get(socket);
  if (all === undefined) {
    const told = new Set<() => void>();
    listening.set(socket, (all = told));
    socket.once('close', () => {
      for (const each of told) each();
    });
  }
  all.add(tell);
  const listed = all;
  return () => listed.delete(tell);
}
