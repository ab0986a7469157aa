// Server-Timing on replies, and reply.timing() for handlers. The field is added when the head is written, whoever writes it, so
// that no cache stores it and streams have it too; replies that bear it do not take the shortest way of the response cache.
// Order: the onRequest hook before all others, for `total`; before the response cache, whose hits so have no `handler`.
import type { ServerResponse } from 'node:http';
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RouteHandlerMethod,
  RouteOptions,
} from 'fastify';
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
type Pair = readonly [unknown, unknown];
type ChoosesRequests = Exclude<ServerTiming, boolean>;

const FIELD = 'server-timing';

/** Decorates replies and, unless it is off, adds the hooks. */
export function addTiming(app: FastifyInstance, serverTiming: ServerTiming): void {
  app.decorateReply('timing', function (this: FastifyReply, name, ms, description) {
    const metric = metricText(name, ms, description);
    (this.raw as Timed)[TIMINGS]?.add(metric);
  });
  if (serverTiming === false) return;
  app.addHook('onRequest', (request, reply, done) => {
    if (isChosen(serverTiming, request)) measure(reply.raw);
    done();
  });
  app.addHook('onRoute', (route) => timeHandler(route));
}

// Any answer but true is no, a promise above all: it would show everybody what one may see. One that throws fails no request.
function isChosen(serverTiming: true | ChoosesRequests, request: FastifyRequest): boolean {
  if (serverTiming === true) return true;
  try {
    return serverTiming(request) === true;
  } catch (error) {
    request.log.warn({ err: error }, 'serverTiming threw: the reply does not say how long it took');
    return false;
  }
}

function measure(res: Timed): void {
  const timings = new Timings();
  res[TIMINGS] = timings;
  const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse;
  res.writeHead = (...args: readonly unknown[]) => {
    // As Node has it: heads come behind the reason, or in its place, and behind it where it is undefined.
    const at = typeof args[1] === 'string' || isGiven(args[2]) ? 2 : 1;
    const heads = isGiven(args[at]) ? (args[at] as Heads) : undefined;
    const field = timings.field(valueOf('cache-status', heads, res));
    const given = args.slice(0, at);
    if (heads === undefined) res.appendHeader(FIELD, field);
    else given[at] = withField(heads, field, res);
    return writeHead(...given);
  };
}

// A handler's own Server-Timing stays, before ours.
function withField(heads: Heads, field: string, res: ServerResponse): Heads {
  const others = pairsOf(heads).filter(([name]) => lower(name) !== FIELD);
  const own = valueOf(FIELD, heads, res);
  const all = [...others, [FIELD, own === undefined ? field : `${own}, ${field}`] as const];
  if (!Array.isArray(heads)) return Object.fromEntries(all) as Heads;
  return Array.isArray(heads[0]) ? all : all.flat();
}

function valueOf(wanted: string, heads: Heads = {}, res: ServerResponse): string | undefined {
  const found = pairsOf(heads).filter(([name]) => lower(name) === wanted);
  if (found.length === 0) return textOf(res.getHeader(wanted));
  return found.map(([, value]) => textOf(value)).join(', ');
}

// Heads come as an object, as a list of pairs, or as a list of names and values by turns.
function pairsOf(heads: Heads): readonly Pair[] {
  if (!Array.isArray(heads)) return Object.entries(heads);
  const list = heads as readonly unknown[];
  if (Array.isArray(list[0])) return list as readonly Pair[];
  return list.flatMap((name, at) => (at % 2 === 0 ? [[name, list[at + 1]] as const] : []));
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function lower(name: unknown): string {
  return String(name).toLowerCase();
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
    // A reply is sent later than the handler ends, which then is with the head.
    const isLater = result !== reply && isThenable(result);
    return (isLater ? whenDone(result, timings) : result) as ReturnType<RouteHandlerMethod>;
  };
  route.handler = timed;
}

// Asked once and no more: queries of builders, as those of Knex and Mongoose, run anew for each `then`.
async function whenDone(result: PromiseLike<unknown>, timings: Timings): Promise<unknown> {
  try {
    return await result;
  } finally {
    timings.leave();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}
