// The life of a request as its scope sees it: opened on first use, disposed when the response is closed and the handler has
// settled. Invariant: a scope that was opened is disposed once, by whichever of these ends last: the response (its `close`,
// or for a reply queued behind another one that of the connection), the handler, hooks made by `inject`, and what was given
// to `hold`; at the latest `disposeGrace` after the response. Who calls the handler is handler.ts, which hooks run hooks.ts.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Outcome, Scope, ScopeOptions } from '../types.ts';
import type { Registration } from './registration.ts';
import { whenConnectionCloses } from './connection.ts';
import { requestSignal } from './signal.ts';

/** Where the life of a request stands on it. */
export const LIFE: unique symbol = Symbol.for('catzilla.di.life');

/** How far the route's handler is: not called; its promise pending; returned, and the reply is to be sent later; done. */
type Phase = 'waiting' | 'running' | 'replying' | 'settled';

/** A request that may have a life. */
export type LivingRequest = FastifyRequest & { [LIFE]?: RequestLife | null };

/** What the scope of a request is opened with. */
export type RequestScopeOptions = Pick<
  ScopeOptions,
  'kind' | 'signal' | 'log' | 'label' | 'request' | 'reply'
>;

export class RequestLife {
  readonly request: FastifyRequest;
  /** Known from the plugin's onRequest on. */
  reply: FastifyReply | undefined;
  /** Whose container the scope is of, once there is one. */
  owner: Registration;
  /** Undefined until it is used. */
  scope: Scope | undefined = undefined;
  phase: Phase = 'waiting';
  /** What the handler gave, while no scope needs to know when it settles. */
  pending: Promise<unknown> | undefined = undefined;
  #label: string | undefined = undefined;
  #hooks = 0;
  #isClosed = false;
  #isSending = false;
  #isEnded = false;
  #isAborted = false;
  #failure: { readonly error: unknown } | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #grace: NodeJS.Timeout | undefined = undefined;
  #forget: (() => void) | undefined = undefined;

  /** @param top  whose container is used where the route's context has none */
  constructor(request: FastifyRequest, reply: FastifyReply | undefined, top: Registration) {
    this.request = request;
    this.reply = reply;
    this.owner = top;
  }

  /** The scope, opened now if it was not yet.
   * @throws CATZ_DI_NOT_STARTED, CATZ_DI_CLOSED */
  use(): Scope {
    return this.scope ?? this.#open();
  }

  /** The reply is known, after a hook that used the scope already. */
  meet(reply: FastifyReply): void {
    this.reply = reply;
    this.#forget?.();
    if (this.scope !== undefined) this.#listen();
  }

  /** How messages call the route. */
  get label(): string {
    return (this.#label ??= labelOf(this.request));
  }

  set label(label: string) {
    this.#label = label;
  }

  /** Takes note of how the handler ends. */
  watch(result: Promise<unknown>): void {
    void result.then(
      () => this.settle(),
      (error: unknown) => {
        this.fail(error);
        this.settle();
      },
    );
  }

  /** The handler has ended; whether its reply was sent does not matter. */
  settle(): void {
    this.phase = 'settled';
    if (this.scope === undefined) return;
    // Hijacked, or sent by hand: no payload comes by to wait for the disposers at 'handler'.
    if (this.#isSent) this.#endHandlerLate(this.scope);
    // Of a reply that nobody waits for, the hooks that are to come may still use the scope.
    if (this.#isAborted) setImmediate(() => this.check());
    else this.check();
  }

  /** The handler has returned and will send its reply later. */
  returned(): void {
    this.phase = this.#isSent ? 'settled' : 'replying';
    if (this.scope !== undefined) this.check();
  }

  /** What the request failed with; the first counts. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /** A hook made by `inject` has begun. */
  enterHook(): void {
    this.#hooks += 1;
  }

  /** It has ended. */
  leaveHook(): void {
    this.#hooks -= 1;
    this.check();
  }

  /** The payload is about to be sent: the disposers at 'handler' come first, and one that fails is the request's error.
   * @returns undefined, or a promise of what is to be answered instead */
  beforeSend(scope: Scope, reply: FastifyReply): undefined | Promise<void> {
    if (this.reply === undefined) this.meet(reply);
    this.#isSending = true;
    // Hooks after this one may still use the scope.
    if (this.#isClosed) setImmediate(() => this.check());
    const failed = this.#failure !== undefined;
    try {
      const ending = scope.endHandler(this.#outcome());
      if (ending === undefined) return undefined;
      return ending.catch((error: unknown) => this.#failedToEnd(error, failed));
    } catch (error) {
      this.#failedToEnd(error, failed);
      return undefined;
    }
  }

  /** The response was closed.
   * @param isLost  its connection was, before the response had its turn */
  close(isLost = false): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (isLost || !this.#wasFinished()) {
      this.#isAborted = true;
      this.#controller?.abort();
    }
    this.check();
  }

  /** Disposes the scope if everything it waits for has ended. */
  check(): void {
    const { scope } = this;
    if (scope === undefined || !this.#isClosed || this.#isEnded) return;
    if (!this.#isOver()) this.#startGrace();
    else if (scope.holds === 0) this.#end(scope, false);
    else {
      this.#startGrace();
      void scope.released()?.then(() => this.check());
    }
  }

  /** Stops waiting: the container is closed, and the scope with it. */
  drop(): void {
    clearTimeout(this.#grace);
    this.#isEnded = true;
  }

  #open(): Scope {
    const { request, reply } = this;
    const isSocket = (request as { ws?: unknown }).ws === true;
    this.owner = this.owner.nearest(request.server);
    const scope = this.owner.openScope({
      kind: isSocket ? 'socket' : 'request',
      request,
      reply,
      log: request.log,
      signal: () => this.#signal(),
      label: this.label,
    });
    this.scope = scope;
    if (this.pending !== undefined && this.phase === 'running') this.watch(this.pending);
    this.#listen();
    return scope;
  }

  #listen(): void {
    const raw = this.reply?.raw;
    const { socket } = this.request.raw;
    if (raw !== undefined && isGone(raw)) {
      this.close();
      return;
    }
    if (socket?.destroyed === true) {
      this.close(true);
      return;
    }
    raw?.once('close', () => this.close());
    // Pipelined, and another reply has the connection: Node then tells this one nothing when the connection closes. Nor is
    // there a reply to listen to where a hook uses the scope before the plugin's own hook has seen it.
    if (raw === undefined || raw.socket === null) {
      this.#forget = whenConnectionCloses(socket, this);
    }
  }

  #isOver(): boolean {
    if (this.#hooks > 0 || this.phase === 'running') return false;
    return this.phase === 'settled' || this.#isSending || this.#isSent;
  }

  get #isSent(): boolean {
    return this.reply?.sent === true;
  }

  // Whether the response has ended and went out. Node's `writableFinished` does not tell: of HTTP/1.1 it is also true of what a
  // closed connection had in its buffers. Such a response is destroyed; so is every one to an injected request, whose
  // connection is not.
  #wasFinished(): boolean {
    const raw = this.reply?.raw;
    if (raw === undefined || !raw.writableEnded) return false;
    const { httpVersionMajor, socket } = this.request.raw;
    if (httpVersionMajor === 2) return raw.writableFinished;
    return !raw.destroyed || socket?.destroyed !== true;
  }

  #outcome(): Outcome {
    const aborted = this.#isAborted;
    if (this.#failure === undefined) return { ok: true, aborted };
    return { ok: false, error: this.#failure.error, aborted };
  }

  // A request that has failed already keeps its first error.
  #failedToEnd(error: unknown, failed: boolean): void {
    if (failed) this.request.log.error({ err: error }, 'a disposer failed after the request had');
    else throw error;
  }

  #endHandlerLate(scope: Scope): void {
    try {
      scope.endHandler(this.#outcome())?.catch((error: unknown) => this.#logDisposal(error));
    } catch (error) {
      this.#logDisposal(error);
    }
  }

  #startGrace(): void {
    const { disposeGrace } = this.owner.settings;
    if (this.#grace !== undefined || disposeGrace === Infinity) return;
    this.owner.waiting.add(this);
    this.#grace = setTimeout(() => this.#force(disposeGrace), disposeGrace);
    this.#grace.unref();
  }

  #force(grace: number): void {
    const { scope } = this;
    if (scope === undefined || this.#isEnded) return;
    if (scope.isOpen) {
      this.request.log.warn(
        { code: 'CATZ_WARN_DI_FORCED', route: scope.label, grace },
        'a scope was disposed while its request was still being handled',
      );
    }
    this.fail(undefined);
    this.#end(scope, true);
  }

  #end(scope: Scope, forced: boolean): void {
    this.#isEnded = true;
    if (this.#grace !== undefined) {
      clearTimeout(this.#grace);
      this.owner.waiting.delete(this);
    }
    this.#forget?.();
    if (!scope.isOpen) return;
    try {
      scope
        .dispose(this.#outcome(), { forced })
        ?.catch((error: unknown) => this.#logDisposal(error));
    } catch (error) {
      this.#logDisposal(error);
    }
  }

  #logDisposal(error: unknown): void {
    this.request.log.error({ err: error }, 'disposing the services of a request failed');
  }

  #signal(): AbortSignal {
    this.#controller ??= requestSignal(this.request);
    if (this.#isAborted) this.#controller.abort();
    return this.#controller.signal;
  }
}

// Closed already: of HTTP/2 only the stream tells.
function isGone(raw: FastifyReply['raw'] & { stream?: { destroyed?: boolean } }): boolean {
  return raw.closed || raw.destroyed || raw.stream?.destroyed === true;
}

// Not for every request: Fastify puts routeOptions together anew each time. The handler's wrapper knows better.
function labelOf(request: FastifyRequest): string {
  return `${request.method} ${request.routeOptions.url ?? '(no route)'}`;
}
