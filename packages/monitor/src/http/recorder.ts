// Counts requests by route: one onRequest hook, and one listener on the response, which hears of every end of it: answered, or
// left by the client. Invariant: it changes no answer and no order of hooks; a request is counted once, by the template of its
// route and never by its URL.
// Left out: routes with `config.monitor: false`, and connections that were upgraded, which live channels count.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RouteCounts } from './route-counts.ts';
import type { RouteReading } from './route-counts.ts';

/** What is told of the requests of a thread. */
export interface HttpReading {
  readonly inFlight: number;
  /** In the order of their first request. */
  readonly routes: readonly RouteReading[];
}

/** What counts the requests of an application. */
export interface Recorder {
  /** What was counted since the start. */
  read(): HttpReading;
}

/** In place of a template, where no route fits. */
const UNMATCHED = 'unmatched';
/** A request that took longer may be a stream of events, whose end says nothing of its speed. */
const SLOW_MS = 100;
const RECORDER: unique symbol = Symbol('catzilla.monitor.recorder');

const LEFT_OUT: unique symbol = Symbol('left out');
const EVENTS = /^content-type: text\/event-stream/im;

type Recorded = FastifyInstance & { [RECORDER]?: Recorder };
type ByMethod = Map<string, RouteCounts>;

/** As much of a route's `config` as is looked at. */
interface RouteConfig {
  readonly monitor?: unknown;
  readonly method?: unknown;
  readonly url?: string | undefined;
}

/** What tells responses of HTTP/2 and of `app.inject()`: the `writableFinished` of the one is always true, of the other never. */
type OtherResponse = ServerResponse & {
  readonly stream?: { readonly aborted?: boolean };
  readonly isLightMyRequest?: boolean;
};

/** Counts the requests of an application from now on; called again, it gives the recorder that is there. Its hook should be the
 * first of all, so that what other hooks refuse is counted, and the time they take. */
export function addRecorder(app: FastifyInstance): Recorder {
  const instance = app as Recorded;
  const known = instance[RECORDER];
  if (known !== undefined) return known;
  const recorder = new RequestRecorder();
  instance[RECORDER] = recorder;
  app.addHook('onRequest', (request, reply, done) => {
    recorder.begin(request, reply.raw);
    done();
  });
  return recorder;
}

class RequestRecorder implements Recorder {
  /** By the configuration of a route, which Fastify makes for each. */
  readonly #byConfig = new WeakMap<object, RouteCounts | ByMethod | typeof LEFT_OUT>();
  readonly #unmatched: ByMethod = new Map();
  readonly #all = new Map<string, RouteCounts>();
  /** Answers that wait behind others of their connection: where it is lost, Node tells them nothing. */
  readonly #queued = new Map<ServerResponse, { readonly socket: Socket; end(): void }>();
  #inFlight = 0;

  /** HOT: benchmarks/monitor */
  begin(request: FastifyRequest, response: ServerResponse): void {
    const { raw } = request;
    const counts = this.#countsOf(request, raw.method ?? '');
    if (counts === undefined) return;
    const begun = performance.now();
    if ((raw as { upgrade?: unknown }).upgrade === true) {
      // Of an upgrade only the refusal is an answer.
      response.once('finish', () => count(counts, response, begun));
      return;
    }
    this.#inFlight++;
    let isOpen = true;
    const end = (): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#inFlight--;
      if (this.#queued.size > 0) this.#queued.delete(response);
      count(counts, response, begun);
    };
    response.on('close', end);
    if (response.socket === null) this.#queued.set(response, { socket: raw.socket, end });
  }

  read(): HttpReading {
    for (const [response, { socket, end }] of this.#queued) {
      if (response.socket !== null) this.#queued.delete(response);
      else if (socket.destroyed) end();
    }
    return {
      inFlight: this.#inFlight,
      routes: Array.from(this.#all.values(), (counts) => counts.read()),
    };
  }

  #countsOf(request: FastifyRequest, method: string): RouteCounts | undefined {
    const config = configOf(request);
    if (config === undefined) return this.#byMethod(this.#unmatched, method, UNMATCHED);
    const known = this.#byConfig.get(config) ?? this.#add(config);
    if (known instanceof RouteCounts) return known;
    return known === LEFT_OUT ? undefined : this.#byMethod(known, method, config.url!);
  }

  #add(config: RouteConfig): RouteCounts | ByMethod | typeof LEFT_OUT {
    const added = this.#make(config);
    this.#byConfig.set(config, added);
    return added;
  }

  #make({ monitor, method, url }: RouteConfig): RouteCounts | ByMethod | typeof LEFT_OUT {
    if (monitor === false) return LEFT_OUT;
    // A route of several methods has one configuration.
    return typeof method === 'string' ? this.#count(method, url!) : new Map();
  }

  #byMethod(counts: ByMethod, method: string, route: string): RouteCounts {
    let found = counts.get(method);
    if (found === undefined) {
      found = this.#count(method, route);
      counts.set(method, found);
    }
    return found;
  }

  // Two routes may differ by constraints alone: they are one here.
  #count(method: string, route: string): RouteCounts {
    const name = `${method} ${route}`;
    const same = this.#all.get(name);
    if (same !== undefined) return same;
    const added = new RouteCounts(method, route);
    this.#all.set(name, added);
    return added;
  }
}

let contextSymbol: symbol | false | undefined;

/** The configuration of the route that fits; undefined: none does. HOT: the public way makes an object of twelve fields. */
function configOf(request: FastifyRequest): RouteConfig | undefined {
  contextSymbol ??=
    Object.getOwnPropertySymbols(request).find(
      ({ description }) => description === 'fastify.context',
    ) ?? false;
  const context =
    contextSymbol === false
      ? request.routeOptions
      : (request as unknown as Record<symbol, { readonly config?: unknown }>)[contextSymbol];
  const config = context?.config as RouteConfig | undefined;
  return config?.url === undefined ? undefined : config;
}

function count(counts: RouteCounts, response: ServerResponse, begun: number): void {
  if (!isAnswered(response)) return counts.end(0);
  counts.end(response.statusCode);
  const ms = performance.now() - begun;
  if (ms < SLOW_MS || !isStreamOfEvents(response)) counts.time(ms);
}

function isAnswered(response: ServerResponse): boolean {
  const { stream, isLightMyRequest } = response as OtherResponse;
  if (stream !== undefined) return stream.aborted !== true;
  return isLightMyRequest === true ? response.writableEnded : response.writableFinished;
}

// Its fields may have been given to writeHead, and are then in the head alone.
function isStreamOfEvents(response: ServerResponse): boolean {
  const { _header: head } = response as { readonly _header?: unknown };
  if (typeof head === 'string') return EVENTS.test(head);
  return String(response.getHeader('content-type')).startsWith('text/event-stream');
}
