// The chain of a route: its middleware in the order of running, worked out once.
// Invariant: a chain is complete before it is used: no name stands in it twice, no key of the context has two providers, none
// is required before it is provided. Order of `pre`: point, priority, then the order of the list, which is global, outer group,
// inner group, route. Order of `post` and `after`: postPriority; of equal ones those without a `pre` in the order of the list,
// then the others, the last `pre` first, as brackets close.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { middlewareErrors } from '../errors.ts';
import { POINTS } from './define.ts';
import type { Series } from './timings.ts';
import type { Middleware, MiddlewarePoint, Outcome } from './types.ts';

/** The context of a request, as the program sees it. */
export type Context = Record<string, unknown> & { outcome: Outcome };

/** A `pre` in its place. */
export interface PreStep {
  readonly middleware: Middleware;
  readonly run: (request: FastifyRequest, reply: FastifyReply, ctx: Context) => unknown;
  readonly provides: readonly string[];
  /** It provides nothing: undefined is what it should return. */
  readonly isSilent: boolean;
  series: Series | undefined;
}

/** A `post` or `after` in its place. */
export interface PostStep {
  readonly middleware: Middleware;
  readonly run: (
    request: FastifyRequest,
    reply: FastifyReply,
    ctx: Context,
    payload?: unknown,
  ) => unknown;
  readonly transforms: boolean;
  readonly perRequest: boolean;
  /** How many `pre` must have begun, so that its own has; and how many have ended, so that what it requires is there. */
  readonly begun: number;
  readonly done: number;
  series: Series | undefined;
}

/** What is run for the requests of a route. */
export interface Chain {
  readonly method: string;
  /** Pattern of the route; of requests that have none: '404'. */
  readonly route: string;
  readonly isEmpty: boolean;
  readonly pres: readonly PreStep[];
  /** How many `pre` have run when a point is over, by the point's place in POINTS. */
  readonly ends: readonly number[];
  /** The first point at which there is something to do or to remember, by the same. */
  readonly opensAt: number;
  readonly posts: readonly PostStep[];
  readonly afters: readonly PostStep[];
  readonly hasPerRequest: boolean;
  /** Copied for each request, so that all contexts of a route have one shape. */
  readonly template: Context;
  /** Middleware of the chain, and how many `pre` must have ended so that it has done its part. */
  readonly places: ReadonlyMap<Middleware, number>;
  /** Requests since the last one that was measured. */
  tick: number;
}

/** Where a chain belongs. */
export interface ChainLabel {
  readonly method: string;
  readonly route: string;
}

/** Makes a chain.
 * @param list  in the order of declaration: global, groups from the outside in, route
 * @throws CATZ_MIDDLEWARE_DUPLICATE, CATZ_MIDDLEWARE_CONTEXT */
export function makeChain(list: readonly Middleware[], label: ChainLabel): Chain {
  const where = `${label.method} ${label.route}`.trim();
  checkNames(list, where);
  const order = POINTS.flatMap((point) => atPoint(list, point));
  checkContext(list, order, where);
  return assemble(
    list,
    order,
    POINTS.map((point) => count(order, point)),
    label,
  );
}

/** The chain of a request that began in one and goes on in another: a dynamic route in that of the route it is mounted by, what
 * is not found in that of the route that would not answer it. What has begun is not run again; what the first had left to run
 * is not run, unless the second has it too. */
export function goOn(from: Chain, begun: number, to: Chain): Chain {
  const ran = from.pres.slice(0, begun).map(({ middleware }) => middleware);
  const rest = to.pres.map(({ middleware }) => middleware).filter((one) => !ran.includes(one));
  const kept = [...from.places.keys()].filter((one) => one.pre === undefined || ran.includes(one));
  const list = [...new Set([...kept, ...to.places.keys()])];
  const counts = POINTS.map((point, i) => count(rest, point) + (i === 0 ? begun : 0));
  return assemble(list, [...ran, ...rest], counts, to);
}

function assemble(
  list: readonly Middleware[],
  order: readonly Middleware[],
  counts: readonly number[],
  { method, route }: ChainLabel,
): Chain {
  let end = 0;
  const ends = counts.map((more) => (end += more));
  const keys = order.flatMap(({ provides }) => provides);
  const posts = inPostOrder(list, order, 'post');
  const afters = inPostOrder(list, order, 'after');
  return {
    method,
    route,
    isEmpty: list.length === 0,
    pres: order.map((middleware) => ({
      middleware,
      run: middleware.pre as PreStep['run'],
      provides: middleware.provides,
      isSilent: middleware.provides.length === 0,
      series: undefined,
    })),
    ends,
    opensAt: posts.length + afters.length > 0 ? 0 : ends.findIndex((count) => count > 0),
    posts,
    afters,
    hasPerRequest: posts.some(({ perRequest }) => perRequest),
    template: { ...Object.fromEntries(keys.map((key) => [key, undefined])), outcome: 'ok' },
    places: new Map(list.map((one) => [one, order.indexOf(one) + 1 || neededBy(one, order)])),
    tick: 0,
  };
}

function atPoint(list: readonly Middleware[], point: MiddlewarePoint): Middleware[] {
  return list
    .filter(({ pre, at }) => pre !== undefined && at === point)
    .sort((a, b) => a.priority - b.priority);
}

function count(order: readonly Middleware[], point: MiddlewarePoint): number {
  return order.filter(({ at }) => at === point).length;
}

function inPostOrder(
  list: readonly Middleware[],
  order: readonly Middleware[],
  part: 'post' | 'after',
): PostStep[] {
  const at = (one: Middleware): number => order.indexOf(one);
  return list
    .filter((one) => one[part] !== undefined)
    .sort((a, b) => {
      const byPriority = a.postPriority - b.postPriority;
      if (byPriority !== 0) return byPriority;
      // Those without a pre have -1: they go first, as the list has them.
      return a.pre === undefined || b.pre === undefined ? at(a) - at(b) : at(b) - at(a);
    })
    .map((middleware) => ({
      middleware,
      run: middleware[part] as PostStep['run'],
      transforms: part === 'post' && middleware.transforms,
      perRequest: part === 'post' && middleware.perRequest,
      begun: at(middleware) + 1,
      done: middleware.pre === undefined ? neededBy(middleware, order) : 0,
      series: undefined,
    }));
}

// How many `pre` have ended when all that one requires is there.
function neededBy({ requires }: Middleware, order: readonly Middleware[]): number {
  return requires.reduce(
    (most, key) => Math.max(most, order.findIndex(({ provides }) => provides.includes(key)) + 1),
    0,
  );
}

/** Checks that no name stands in a list twice.
 * @throws CATZ_MIDDLEWARE_DUPLICATE */
export function checkNames(list: readonly Middleware[], where: string): void {
  const names = new Set<string>();
  for (const { name } of list) {
    if (names.has(name)) {
      throw new middlewareErrors.DUPLICATE(
        `${where}: expected each middleware to have a name of its own and to be given once, got ${name} twice`,
      );
    }
    names.add(name);
  }
}

function checkContext(
  list: readonly Middleware[],
  order: readonly Middleware[],
  where: string,
): void {
  const providers = new Map<string, string>();
  for (const one of [...order, ...list.filter(({ pre }) => pre === undefined)]) {
    const missing = one.requires.find((key) => !providers.has(key));
    if (missing !== undefined) {
      throw new middlewareErrors.CONTEXT(
        `${where}: expected ${missing}, which middleware ${one.name} requires, to be provided by one that runs before it`,
      );
    }
    for (const key of one.provides) {
      const other = providers.get(key);
      if (other !== undefined) {
        throw new middlewareErrors.CONTEXT(
          `${where}: expected one provider of ${key}, got middleware ${other} and ${one.name}`,
        );
      }
      providers.set(key, one.name);
    }
  }
}
