// A GET inside the application that is ended where it takes too long, or where nobody wants its answer any more.
// Invariant: one that is ended ends as where a client leaves: its handler sees its request closed, and hooks of onRequestAbort run.
// Handlers are seen by the diagnostics channel that Fastify opens around them, only while an asker is there.
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  LightMyRequestResponse,
} from 'fastify';

/** When requests are ended. */
export interface AskLimits {
  /** ms for each. */
  readonly timeout: number | false;
  /** Ends all, and whatever is asked for after that. */
  readonly signal: AbortSignal | undefined;
}

/** What is asked for. */
export interface Question {
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** It stands for one that comes by TLS. */
  readonly isHttps: boolean;
}

/** An answer, or why there is none. */
export type Outcome =
  | { readonly response: LightMyRequestResponse; readonly failure?: undefined }
  | { readonly failure: 'timeout' | 'aborted' | 'error' };

/** A request that came to a handler. */
export interface Handled {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** A request of ours on its way. */
interface Way {
  readonly isHttps: boolean;
  handled: Handled | undefined;
}

const HANDLER = 'tracing:fastify.request.handler:start';
const ways = new AsyncLocalStorage<Way>();

export class Asker implements Disposable {
  readonly #app: FastifyInstance;
  readonly #limits: AskLimits;
  readonly #seen: WeakMap<IncomingMessage, Handled> = new WeakMap();
  /** What ends each that is under way. One listener for all: a signal warns of more than ten. */
  readonly #open = new Set<(failure: 'aborted') => void>();
  readonly #note = (message: unknown): void => this.#see(message as Handled);
  readonly #onAbort = (): void => {
    for (const end of this.#open) end('aborted');
  };

  constructor(app: FastifyInstance, limits: AskLimits) {
    this.#app = app;
    this.#limits = limits;
    subscribe(HANDLER, this.#note);
    limits.signal?.addEventListener('abort', this.#onAbort);
  }

  [Symbol.dispose](): void {
    unsubscribe(HANDLER, this.#note);
    this.#limits.signal?.removeEventListener('abort', this.#onAbort);
  }

  /** Asks. Never rejects. */
  async ask(question: Question): Promise<Outcome> {
    const { timeout, signal } = this.#limits;
    if (signal?.aborted === true) return { failure: 'aborted' };
    const way: Way = { isHttps: question.isHttps, handled: undefined };
    const closing = new AbortController();
    let end!: (failure: 'timeout' | 'aborted') => void;
    const ended = new Promise<Outcome>((resolve) => {
      end = (failure) => {
        resolve({ failure });
        leave(way, closing);
      };
    });
    this.#open.add(end);
    const timer = timeout === false ? undefined : setTimeout(end, timeout, 'timeout').unref();
    try {
      // What cannot be ended, as it reached no handler and its request has been read, is no longer waited for.
      return await Promise.race([ways.run(way, () => this.#inject(question, closing)), ended]);
    } catch {
      return { failure: 'error' };
    } finally {
      clearTimeout(timer);
      this.#open.delete(end);
    }
  }

  /** The request that was answered so, if it came to a handler. */
  handledOf({ raw }: LightMyRequestResponse): Handled | undefined {
    return this.#seen.get(raw.req as IncomingMessage);
  }

  // Awaited here, for inject() sends nothing before, and it has to be sent within its way.
  async #inject({ path, headers }: Question, { signal }: AbortController): Promise<Outcome> {
    const response = await this.#app.inject({ method: 'GET', url: path, headers, signal });
    return { response };
  }

  #see({ request, reply }: Handled): void {
    const { raw } = request;
    this.#seen.set(raw, { request, reply });
    const way = ways.getStore();
    // Only the first: what handlers inject themselves is theirs.
    if (way === undefined || way.handled !== undefined || !('isLightMyRequest' in raw)) return;
    way.handled = { request, reply };
    if (way.isHttps) (raw.socket as { encrypted?: boolean }).encrypted = true;
  }
}

// By `aborted` Fastify tells a client that has left: it answers it no error, and runs the hooks.
function leave({ handled }: Way, closing: AbortController): void {
  if (handled !== undefined) (handled.request.raw as { aborted: boolean }).aborted = true;
  closing.abort();
  // A request that was read to its end does not hear of that.
  handled?.reply.raw.destroy();
}
