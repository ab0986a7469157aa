// Runs `post` functions on a reply, in our onSend hook.
// Invariant: one that transforms runs for every payload that is sent, any other once. Where an onSend hook fails, Fastify sends
// the error through the whole list again: that payload is new, and those are called that were not before.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { show } from '@catzilla/common';
import { middlewareErrors } from '../errors.ts';
import type { PostStep } from './chain.ts';
import { isMeasured, runMeasured, setServerTiming } from './measure.ts';
import { noteFields } from './note-fields.ts';
import type { RequestState } from './request-state.ts';
import { asError, isThenable } from './results.ts';
import type { Timings } from './timings.ts';

type Proceed = (error?: Error | null, payload?: unknown) => void;

/** Runs those of a request for one payload. */
export function runPosts(
  state: RequestState,
  timings: Timings,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  proceed: Proceed,
): void {
  const { chain, ctx } = state;
  state.sends++;
  if (state.sends > 1) ctx.outcome = 'error';
  else if (ctx.outcome === 'ok' && state.done < chain.pres.length) ctx.outcome = 'short';
  const hasRun = state.isStored && state.sends === 1;
  if (hasRun || (chain.posts.length === 0 && state.serverTiming === undefined)) proceed();
  else run(state, timings, request, reply, payload, 0, proceed);
}

function run(
  state: RequestState,
  timings: Timings,
  request: FastifyRequest,
  reply: FastifyReply,
  given: unknown,
  from: number,
  proceed: Proceed,
): void {
  const { posts } = state.chain;
  const isTimed = isMeasured(state);
  let payload = given;
  for (let at = from; at < posts.length; at++) {
    const step = posts[at]!;
    if (!isWanted(state, step, at)) continue;
    if (at >= state.posted) state.posted = at + 1;
    const noted = step.perRequest ? noteFields(state, reply) : undefined;
    let result: unknown;
    try {
      result = isTimed
        ? runMeasured(state, timings, step, 'post', request, reply, payload)
        : step.run(request, reply, state.ctx, payload);
    } catch (error) {
      proceed(failed(request, step, error));
      return;
    }
    // A reply is thenable, and settles only when it has been sent.
    if (result === undefined || result === reply) {
      noted?.();
      continue;
    }
    if (isThenable(result) && !step.perRequest) {
      settle(result, { state, timings, request, reply, payload, at, proceed });
      return;
    }
    noted?.();
    const fault = faultOf(step, result);
    if (fault !== undefined) {
      proceed(failed(request, step, fault));
      return;
    }
    payload = result;
  }
  if (state.serverTiming !== undefined) {
    const noted = noteFields(state, reply);
    setServerTiming(state, reply);
    noted?.();
  }
  proceed(null, payload);
}

/** A step that has returned a promise, and what it holds up. */
interface Pending {
  readonly state: RequestState;
  readonly timings: Timings;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly payload: unknown;
  readonly at: number;
  readonly proceed: Proceed;
}

// Apart from the loop, whose variables would else be allocated anew for each step.
function settle(promise: PromiseLike<unknown>, pending: Pending): void {
  const { state, timings, request, reply, payload, at, proceed } = pending;
  const step = state.chain.posts[at]!;
  promise.then(
    (value) => {
      const fault = faultOf(step, value);
      const next = value === undefined ? payload : value;
      if (fault !== undefined) proceed(failed(request, step, fault));
      else run(state, timings, request, reply, next, at + 1, proceed);
    },
    (reason: unknown) => proceed(failed(request, step, reason)),
  );
}

/** Whether what a step requires is there, and its own pre has begun. */
export function isReached(state: RequestState, { begun, done }: PostStep): boolean {
  return state.begun >= begun && state.done >= done;
}

/** What a post may not return. */
export function faultOf(
  { middleware, transforms, perRequest }: PostStep,
  value: unknown,
): Error | undefined {
  if (value === undefined || (transforms && !perRequest)) return undefined;
  if (isThenable(value)) value.then(undefined, () => undefined);
  return new middlewareErrors.RETURN(
    `expected post of middleware ${middleware.name}, which does not say transforms, to return nothing, got ${show(value)}`,
  );
}

/** Logs a failure under the name of its middleware: of the error that the client gets nobody could tell. */
export function failed(request: FastifyRequest, step: PostStep, thrown: unknown): Error {
  const error = asError(thrown, step);
  request.log.error(
    { err: error, middleware: step.middleware.name },
    'post of a middleware failed',
  );
  return error;
}

function isWanted(state: RequestState, step: PostStep, at: number): boolean {
  if (!isReached(state, step) || step === state.failed) return false;
  return step.transforms || at >= state.posted;
}
