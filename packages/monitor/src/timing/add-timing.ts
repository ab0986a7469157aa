// Server-Timing on replies, and reply.timing() for handlers. The field is added when the head is written, whoever writes it, so
// that no cache stores it and streams have it too; replies that bear it do not take the shortest way of the response cache.
// Order: the onRequest hook before all others, for `total`; before the response cache, whose hits so have no `handler`.
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, RouteHandlerMethod, RouteOptions } from 'fastify';
import type { ServerTiming } from '../options.ts';
import { metricText, Timings } from './timings.ts';

/** Adds a time to the reply's Server-Timing; where the reply bears none, nothing happens.
 * @param name         a token: 'db'
 * @param ms           how long it took; absent: it merely was
 * @param description  for those who read it; everybody who gets the reply does
 * @throws CATZ_MONITOR_OPTION for what cannot stand there */
export type AddTiming = (name: string, ms?: number, description?: string) => void;

declare module 'fastify' {
  interface FastifyReply {
    /** @see AddTiming */
    readonly timing: AddTiming;
  }
}

const TIMINGS: unique symbol = Symbol('catzilla.monitor.timings');

type Timed = ServerResponse & { [TIMINGS]?: Timings };
type Heads = Readonly<Record<string, unknown>> | readonly unknown[];

/** Decorates replies and, unless it is off, adds the hooks. */
export function addTiming(app: FastifyInstance, serverTiming: ServerTiming): void {
  app.decorateReply('timing', function (this: FastifyReply, name, ms, description) {
    const metric = metricText(name, ms, description);
    (this.raw as Timed)[TIMINGS]?.add(metric);
  });
  if (serverTiming === false) return;
  app.addHook('onRequest', (request, reply, done) => {
    if (serverTiming === true || serverTiming(request)) measure(reply.raw);
    done();
  });
  app.addHook('onRoute', (route) => timeHandler(route));
}

function measure(res: Timed): void {
  const timings = new Timings();
  res[TIMINGS] = timings;
  const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse;
  res.writeHead = (...args: readonly unknown[]) => {
    const at = typeof args[1] === 'string' ? 2 : 1;
    const heads = args[at] as Heads | undefined;
    const field = timings.field(valueOf('cache-status', heads, res));
    const given = args.slice(0, at);
    if (heads === undefined) res.appendHeader('server-timing', field);
    else given[at] = withField(heads, field);
    return writeHead(...given);
  };
}

// A handler's own Server-Timing stays, before ours.
function withField(heads: Heads, field: string): Heads {
  if (Array.isArray(heads)) return [...(heads as unknown[]), 'server-timing', field];
  const own = valueOf('server-timing', heads, undefined);
  const others = Object.entries(heads).filter(([name]) => name.toLowerCase() !== 'server-timing');
  return {
    ...Object.fromEntries(others),
    'server-timing': own === undefined ? field : `${own}, ${field}`,
  };
}

// Heads come as an object, or as a list of names and values by turns.
function valueOf(
  wanted: string,
  heads: Heads | undefined,
  res: ServerResponse | undefined,
): string | undefined {
  if (heads === undefined) return textOf(res?.getHeader(wanted));
  const pairs = Array.isArray(heads) ? pairsOf(heads as unknown[]) : Object.entries(heads);
  const found = pairs.find(([name]) => String(name).toLowerCase() === wanted);
  return textOf(found?.[1]) ?? textOf(res?.getHeader(wanted));
}

function pairsOf(flat: readonly unknown[]): (readonly [unknown, unknown])[] {
  const pairs: (readonly [unknown, unknown])[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([flat[i], flat[i + 1]]);
  return pairs;
}

function textOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.join(', ');
  return value === undefined ? undefined : String(value as string | number);
}

function timeHandler(route: RouteOptions): void {
  const { handler } = route;
  const timed: RouteHandlerMethod = function (request, reply) {
    const timings = (reply.raw as Timed)[TIMINGS];
    if (timings === undefined) return handler.call(this, request, reply);
    timings.enter();
    const result: unknown = handler.call(this, request, reply);
    if (typeof (result as Partial<PromiseLike<unknown>> | null)?.then === 'function') {
      const leave = (): void => timings.leave();
      (result as PromiseLike<unknown>).then(leave, leave);
    }
    return result as ReturnType<RouteHandlerMethod>;
  };
  route.handler = timed;
}
