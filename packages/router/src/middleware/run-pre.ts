// Runs `pre` functions, one after the other, up to the end of a point. HOT: benchmarks/validation
// Invariant: behind one that throws, answers, or gives back what it should not, nothing runs: neither the next one nor the
// handler. As long as nothing is asynchronous, no promise is made.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { show } from '@catzilla/common';
import { middlewareErrors } from '../errors.ts';
import type { Chain, Context, PreStep } from './chain.ts';
import type { RequestState } from './request-state.ts';
import { asError, isThenable } from './results.ts';
import { isMeasured, runMeasured } from './measure.ts';
import type { Timings } from './timings.ts';

type Proceed = (error?: Error) => void;
/** Why nothing behind a step runs. */
type Fault = Error | typeof ANSWERED | undefined;

const ANSWERED: unique symbol = Symbol('answered');

/** Runs what has not begun yet of the first `upTo`.
 * @param proceed  called at the end, or with an error; not when the request was answered
 * @param resume   how the run goes on behind a promise, once it has met one */
export function runPres(
  state: RequestState,
  upTo: number,
  timings: Timings,
  request: FastifyRequest,
  reply: FastifyReply,
  proceed: Proceed,
  resume?: Resume,
): void {
  const { ctx, chain } = state;
  const { pres } = chain;
  const isTimed = isMeasured(state);
  let step: PreStep | undefined;
  let fault: Fault;
  // No function is made in here: its variables would be allocated anew for each step.
  try {
    while (state.begun < upTo) {
      step = pres[state.begun++]!;
      const result = isTimed
        ? runMeasured(state, timings, step, 'pre', request, reply)
        : step.run(request, reply, ctx);
      if (result === undefined && step.isSilent && !isOver(state, chain, reply)) {
        state.done = state.begun;
        continue;
      }
      if (result !== reply && isThenable(result)) {
        const then = resume ?? makeResume(state, upTo, timings, request, reply, proceed);
        then.step = step;
        result.then(then.onValue, then.onError);
        return;
      }
      fault = take(state, chain, step, result, reply);
      if (fault !== undefined) break;
    }
  } catch (error) {
    fault = asError(error, step!);
  }
  if (fault !== ANSWERED) proceed(fault);
}

/** How a run goes on: made once for all promises of it. */
interface Resume {
  /** That has returned the promise which is waited for. */
  step: PreStep | undefined;
  readonly onValue: (value: unknown) => void;
  readonly onError: (reason: unknown) => void;
}

function makeResume(
  state: RequestState,
  upTo: number,
  timings: Timings,
  request: FastifyRequest,
  reply: FastifyReply,
  proceed: Proceed,
): Resume {
  const { chain } = state;
  const resume: Resume = {
    step: undefined,
    onValue(value) {
      const fault = take(state, chain, resume.step!, value, reply);
      if (fault === ANSWERED) return;
      if (fault === undefined) runPres(state, upTo, timings, request, reply, proceed, resume);
      else proceed(fault);
    },
    onError: (reason) => proceed(asError(reason, resume.step!)),
  };
  return resume;
}

// Whether nothing is left to run: a reply was given, or another chain has taken over, for the step has called
// reply.callNotFound(). A reply that waits for an asynchronous onSend hook that stands before ours cannot be seen.
function isOver(state: RequestState, chain: Chain, reply: FastifyReply): boolean {
  return state.sends > 0 || state.chain !== chain || reply.sent;
}

// What a `pre` has given back, into the context; or why the chain ends here.
function take(
  state: RequestState,
  chain: Chain,
  step: PreStep,
  value: unknown,
  reply: FastifyReply,
): Fault {
  // An async function that returns its reply gives undefined, once it is sent.
  if (value === reply || isOver(state, chain, reply)) return ANSWERED;
  const { provides, isSilent } = step;
  if (!isSilent || value !== undefined) {
    if (!gives(value, provides)) return returned(step, value);
    merge(state.ctx, value, provides);
  }
  state.done = state.begun;
  return undefined;
}

// Whether it is an object with exactly these keys.
function gives(value: unknown, keys: readonly string[]): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || keys.length === 0) return false;
  for (let i = 0; i < keys.length; i++) if (!(keys[i]! in value)) return false;
  for (const key in value) if (!keys.includes(key)) return false;
  return true;
}

function merge(ctx: Context, value: Record<string, unknown>, keys: readonly string[]): void {
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    ctx[key] = value[key];
  }
}

function returned({ middleware: { name, provides } }: PreStep, value: unknown): Error {
  const wanted = provides.length === 0 ? 'nothing' : `an object with ${provides.join(', ')}`;
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const got =
    keys.length === 0
      ? show(value)
      : `an object with ${keys.slice(0, 10).join(', ').slice(0, 100)}`;
  return new middlewareErrors.RETURN(
    `expected pre of middleware ${name} to return ${wanted}, or reply after sending it, got ${got}`,
  );
}
