// The plan of a route: what is known ahead of its answers. A constant route's plan is the answer itself, in each of the forms
// it is sent in, as bytes; of all others it says that JavaScript decides.
// Invariant: a plan is complete and never changes. It lies in the route's `config` under a registered symbol, so that it is
// found by whoever sees the route, another installed copy of this package and native code included. Who answers from it, and
// that every hook of the route has run before, is left to them.
import type { IncomingHttpHeaders } from 'node:http';

/** Key of the plan in a route's `config`: the registered symbol `catzilla.router.plan`. */
export const constantPlan: unique symbol = Symbol.for('catzilla.router.plan');

/** A header field as it is sent: its name in lower case, one value, or one for each line. */
export type Field = readonly [name: string, value: string | readonly string[]];

/** One answer in bytes. */
export interface ConstantForm {
  readonly status: number;
  /** HTTP/1.1: status line and header lines, each with its CRLF; without Date, Connection and the empty line. Latin-1. */
  readonly head: Buffer;
  /** What follows the head; empty for statuses without content. A request with HEAD gets none of it. */
  readonly body: Buffer;
  /** The body as it is given to reply.send: text where Fastify sends text unchanged, which is cheaper; undefined for none. */
  readonly payload: string | Buffer | undefined;
  /** The lines of `head`, in their order. */
  readonly fields: readonly Field[];
  /** Names of `fields`. */
  readonly names: ReadonlySet<string>;
}

/** An answer in one content coding. */
export interface ConstantVariant extends ConstantForm {
  /** Entity tag, quoted; undefined where the answer has none. */
  readonly etag: string | undefined;
  /** Last-Modified in ms since the epoch. */
  readonly lastModified: number | undefined;
  /** Content coding; undefined: none. */
  readonly encoding: 'br' | 'gzip' | undefined;
  /** What a client is told that has it already; undefined where that is never asked: other methods than GET and HEAD, other
   * statuses than 2xx. */
  readonly notModified: ConstantForm | undefined;
}

/** The plan of a constant route. */
export interface ConstantPlan {
  readonly kind: 'constant';
  /** The plain one first, then what `compress` has made of it. */
  readonly variants: readonly ConstantVariant[];
  /** The form that answers a request with these headers: content coding by Accept-Encoding (RFC 9110 12.5.3), 304 by
   * If-None-Match and If-Modified-Since (RFC 9110 13.2.2). */
  select(headers: IncomingHttpHeaders): ConstantForm;
}

/** What is known of a route's answers. */
export type Plan = { readonly kind: 'js' } | ConstantPlan;

const JS: Plan = Object.freeze({ kind: 'js' });

/** The plan of a route.
 * @param route  whatever holds its `config`: route options, `request.routeOptions`, or Fastify's context of the route
 * @returns `{ kind: 'js' }` for every route that is not constant */
export function planOf(route: unknown): Plan {
  const { config } = (route ?? {}) as { config?: { readonly [constantPlan]?: Partial<Plan> } };
  const plan = config?.[constantPlan];
  // What others may have put there is none.
  return plan?.kind === 'constant' && typeof plan.select === 'function'
    ? (plan as ConstantPlan)
    : JS;
}
