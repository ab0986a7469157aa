// One registration of the plugin: which chain a request takes.
// Invariant: no request of its scope goes without its chain. A route that onRoute has told of has it from its declaration; one
// that was declared before gets it with its first request, and a chain that cannot be made fails the request.
import type {
  FastifyBaseLogger,
  FastifyContextConfig,
  FastifyInstance,
  FastifyRequest,
  RouteOptions,
} from 'fastify';
import { nearest } from '@catzilla/common';
import { middlewareErrors } from '../errors.ts';
import { checkNames, goOn, makeChain } from './chain.ts';
import type { Chain, ChainLabel } from './chain.ts';
import { middlewareList, POINTS } from './define.ts';
import type { MiddlewareSettings } from './options.ts';
import { makeState, setState, stateOf } from './request-state.ts';
import type { RequestState } from './request-state.ts';
import { configOf, ENTRY, GROUPS } from './route-config.ts';
import type { RouteConfig } from './route-config.ts';
import { Timings } from './timings.ts';
import type { Middleware } from './types.ts';

/** Key of the registration in an instance; scopes below find it through their prototypes. */
export const REGISTRATION: unique symbol = Symbol.for('catzilla.router.middleware.registration');

/** A route and its chain. */
export interface RouteEntry {
  chain: Chain;
  /** What of its config the chain was made of. */
  from: RouteConfig;
  readonly constraints: object | undefined;
}

interface Configured {
  readonly [ENTRY]?: RouteEntry;
}

export class Registration {
  readonly settings: MiddlewareSettings;
  readonly timings: Timings;
  readonly #log: FastifyBaseLogger;
  readonly #notFound: Chain;
  readonly #entries = new Map<string, RouteEntry[]>();
  /** Of dynamic routes: they are no routes of Fastify's, and come and go. */
  readonly #dynamic = new WeakMap<object, Chain>();
  /** Where requests go on that began in a chain: by the other chain and by how far they had come. */
  readonly #ways = new WeakMap<Chain, WeakMap<Chain, Chain[]>>();
  #unsettled: { readonly route: RouteOptions; readonly entry: RouteEntry }[] | undefined = [];

  /** @throws CATZ_MIDDLEWARE_DUPLICATE, CATZ_MIDDLEWARE_CONTEXT */
  constructor(settings: MiddlewareSettings, log: FastifyBaseLogger) {
    const { use } = settings;
    checkNames(use, 'options.use');
    this.settings = settings;
    this.timings = new Timings(settings.timings);
    this.#log = log;
    this.#notFound = makeChain(
      use.filter(({ on404 }) => on404),
      { method: '', route: '404' },
    );
  }

  /** Gives a route its chain, while it is declared.
   * @throws CATZ_MIDDLEWARE_OPTIONS, CATZ_MIDDLEWARE_DUPLICATE, CATZ_MIDDLEWARE_CONTEXT */
  take(route: RouteOptions): void {
    const label = { method: String(route.method), route: route.url };
    const entry = this.#makeEntry(route.config ?? {}, label, route.constraints);
    route.config = { ...route.config, [ENTRY]: entry } as FastifyContextConfig;
    this.#unsettled?.push({ route, entry });
  }

  /** Makes chains anew whose routes other plugins have changed since. Called when all routes are there. */
  settle(): void {
    for (const { route, entry } of this.#unsettled ?? []) this.update(entry, route.config ?? {});
    this.#unsettled = undefined;
  }

  /** The chain of an entry, made anew if the route's config says something else by now. */
  update(entry: RouteEntry, config: RouteConfig): Chain {
    const { from, chain } = entry;
    const isSame =
      from.middleware === config.middleware &&
      from.skip === config.skip &&
      from[GROUPS] === config[GROUPS];
    if (!isSame) {
      entry.from = config;
      entry.chain = this.#makeChain(config, chain);
    }
    return entry.chain;
  }

  /** The state of a request, begun or brought up to the route it is for now. HOT
   * @param point  where it is, by POINTS
   * @returns undefined: its middleware has nothing to do until behind this point
   * @throws what `take` throws, for a route that was not declared under our eyes */
  enter(request: FastifyRequest, point: number): RequestState | undefined {
    const config = configOf(request);
    const state = stateOf(request);
    if (state === undefined) {
      const chain = this.#chainOf(request, config);
      if (chain.isEmpty || chain.opensAt > point) return undefined;
      return this.#begin(request, config, chain);
    }
    if (state.config !== config) this.#switch(request, state, config);
    return state;
  }

  /** As `enter`, whatever there is to do. */
  open(request: FastifyRequest): RequestState {
    const state = this.enter(request, POINTS.length);
    if (state !== undefined) return state;
    const config = configOf(request);
    return this.#begin(request, config, this.#chainOf(request, config));
  }

  /** The entries of a route by its method and pattern. */
  find(method: string, url: string): readonly RouteEntry[] {
    return this.#entries.get(keyOf(method, url)) ?? [];
  }

  #begin(request: FastifyRequest, config: object, chain: Chain): RequestState {
    const state = makeState(config, chain);
    state.isSampled = this.timings.isDue(chain);
    if (this.settings.serverTiming) state.serverTiming = [];
    setState(request, state);
    return state;
  }

  #chainOf(request: FastifyRequest, config: object): Chain {
    const isDynamic = request.dynamicRoute !== undefined && request.dynamicRoute !== null;
    const entry = (config as Configured)[ENTRY];
    // The config of a dynamic route may be a copy of another's.
    if (entry !== undefined && !isDynamic) return entry.chain;
    if (request.is404) return this.#notFound;
    return isDynamic ? this.#dynamicChain(request, config) : this.#unseenChain(request, config);
  }

  #switch(request: FastifyRequest, state: RequestState, config: object): void {
    const to = this.#chainOf(request, config);
    const from = state.chain;
    let ways = this.#ways.get(from);
    if (ways === undefined) this.#ways.set(from, (ways = new WeakMap()));
    let byBegun = ways.get(to);
    if (byBegun === undefined) ways.set(to, (byBegun = []));
    state.chain = byBegun[state.begun] ??= goOn(from, state.begun, to);
    state.config = config;
    for (const key of Object.keys(to.template)) if (!(key in state.ctx)) state.ctx[key] = undefined;
  }

  #dynamicChain(request: FastifyRequest, config: object): Chain {
    let chain = this.#dynamic.get(config);
    if (chain === undefined) {
      chain = this.#makeChain(config, labelOf(request));
      this.#dynamic.set(config, chain);
    }
    return chain;
  }

  #unseenChain(request: FastifyRequest, config: object): Chain {
    const label = labelOf(request);
    const entry = this.#makeEntry(config, label, undefined);
    Object.defineProperty(config, ENTRY, { value: entry });
    this.#log.warn(
      label,
      'a route that was declared before the middleware plugin was registered gets its middleware with its first request; register the plugin before routes',
    );
    return entry.chain;
  }

  #makeEntry(config: RouteConfig, label: ChainLabel, constraints: object | undefined): RouteEntry {
    const entry = { chain: this.#makeChain(config, label), from: config, constraints };
    for (const method of label.method.split(',')) {
      const key = keyOf(method, label.route);
      const entries = this.#entries.get(key);
      if (entries === undefined) this.#entries.set(key, [entry]);
      else entries.push(entry);
    }
    return entry;
  }

  #makeChain(config: RouteConfig, label: ChainLabel): Chain {
    const path = `config of ${label.method} ${label.route}`;
    const error = (message: string): Error => new middlewareErrors.OPTIONS(message);
    const own = middlewareList.check(config.middleware, { path: `${path}: middleware`, error });
    const all = [...this.settings.use, ...(config[GROUPS] ?? []), ...own];
    const skip = checkSkip(config.skip, all, path);
    return makeChain(
      all.filter(({ name }) => !skip.includes(name)),
      { method: label.method, route: label.route },
    );
  }
}

/** The registration that covers an instance. */
export function registrationOf(app: FastifyInstance): Registration | undefined {
  return (app as { [REGISTRATION]?: Registration })[REGISTRATION];
}

/** The entry that a route's options or config hold. */
export function entryOf(config: object | undefined): RouteEntry | undefined {
  return (config as Configured | undefined)?.[ENTRY];
}

function checkSkip(given: unknown, all: readonly Middleware[], path: string): readonly string[] {
  if (given === undefined) return [];
  const names: unknown[] | undefined = Array.isArray(given) ? given : undefined;
  if (names?.every((name) => typeof name === 'string') !== true) {
    throw new middlewareErrors.OPTIONS(`${path}: expected skip to be an array of names`);
  }
  for (const name of names as string[]) {
    const one = all.find((middleware) => middleware.name === name);
    if (one?.skippable === true) continue;
    const guess = nearest(
      name,
      all.map((middleware) => middleware.name),
    );
    const hint = guess === undefined ? '' : `, did you mean ${guess}?`;
    throw new middlewareErrors.OPTIONS(
      one === undefined
        ? `${path}: expected skip to name middleware of the route, got ${name.slice(0, 64)}${hint}`
        : `${path}: expected skip to name middleware that is skippable, which ${name} is not`,
    );
  }
  return names as string[];
}

function labelOf({ routeOptions }: FastifyRequest): ChainLabel {
  return { method: String(routeOptions.method), route: String(routeOptions.url) };
}

function keyOf(method: string, url: string): string {
  return `${method.toUpperCase()} ${url}`;
}
