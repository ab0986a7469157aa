// Constant routes of @catzilla/router: their answer is known ahead, so that there is nothing to store or to look up; what they
// get here is the raw write of hits, under its own conditions.
// Invariant: it is the same answer. Where anything is in doubt (raw.ts), or somebody else's onSend hook has to see the reply,
// the route's own handler sends it; so it does where middleware has posts that have to see it, since it has passed none. It
// stands in the handler's place: every guard has run.
import { planOf, postsOf, runPerRequest } from '@catzilla/router';
import type { ConstantPlan } from '@catzilla/router';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { constantLines, writeConstant } from '../answer/constant.ts';
import { isRawAllowed } from '../answer/raw.ts';
import { selfTestState } from '../answer/self-test.ts';
import { hasTrailers, replyHeaders } from '../internals.ts';
import type { Scope } from '../scope.ts';
import { hasForeignHooks, hasOpenScope } from './route.ts';

const TAKEN: unique symbol = Symbol('catzilla.fastify-cache.constant');

interface TakenRoute {
  /** The innermost registration; undefined: it leaves the route alone. */
  scope: Scope | undefined;
  isForeign: boolean | undefined;
}

/** The plan of a route that is constant and read only; undefined for all others. */
export function constantPlanOf(
  route: RouteOptions,
  methods: readonly string[],
): ConstantPlan | undefined {
  const plan = planOf(route);
  const isRead = methods.every((method) => method === 'GET' || method === 'HEAD');
  return isRead && plan.kind === 'constant' ? plan : undefined;
}

/** Puts the raw answer before the handler of a constant route.
 * @param scope  undefined: the cache leaves the route alone */
export function takeConstant(
  scope: Scope | undefined,
  options: RouteOptions,
  plan: ConstantPlan,
): void {
  const route = options as RouteOptions & { [TAKEN]?: TakenRoute };
  const known = route[TAKEN];
  if (known !== undefined) {
    known.scope = scope;
    return;
  }
  const state: TakenRoute = { scope, isForeign: undefined };
  route[TAKEN] = state;
  const { handler } = route;
  route.handler = function (request, reply) {
    if (answerRaw(state, plan, request, reply)) return undefined;
    return handler.call(this, request, reply);
  };
}

/** @returns false when nothing was sent. HOT: benchmarks/http */
function answerRaw(
  state: TakenRoute,
  plan: ConstantPlan,
  request: FastifyRequest,
  reply: FastifyReply,
): boolean {
  if (state.scope?.settings.mode !== 'auto' || selfTestState().state !== 'passed') return false;
  if (!isRawAllowed(request.raw, reply.raw) || hasTrailers(reply)) return false;
  if ((state.isForeign ??= hasForeignHooks(request, reply)) || hasOpenScope(request)) return false;
  const posts = postsOf(request);
  if (posts === 'all') return false;
  if (posts === 'perRequest') runPerRequest(request, reply);
  const form = plan.select(request.headers);
  const headers = replyHeaders(reply);
  const extra = constantLines(form, headers);
  if (extra === undefined) return false;
  reply.hijack();
  writeConstant(reply.raw, form, headers, extra, Date.now());
  return true;
}
