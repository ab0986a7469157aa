// Calls a function of a middleware and takes the time that it takes: into its series, and for Server-Timing.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PostStep, PreStep } from './chain.ts';
import type { RequestState } from './request-state.ts';
import { isThenable } from './results.ts';
import type { MiddlewarePart, Timings } from './timings.ts';

/** Whether the functions of a request are to be measured. */
export function isMeasured({ isSampled, serverTiming }: RequestState): boolean {
  return isSampled || serverTiming !== undefined;
}

/** Calls a function as `step.run` does. One that is asynchronous is measured until it settles: before whoever awaits what is
 * returned goes on. */
export function runMeasured(
  state: RequestState,
  timings: Timings,
  step: PreStep | PostStep,
  part: MiddlewarePart,
  request: FastifyRequest,
  reply: FastifyReply,
  payload?: unknown,
): unknown {
  const start = performance.now();
  const end = (): void => note(state, timings, step, part, performance.now() - start);
  let result: unknown;
  try {
    result = (step as PostStep).run(request, reply, state.ctx, payload);
  } catch (error) {
    end();
    throw error;
  }
  // A reply is thenable, and settles when it has been sent.
  if (result !== reply && isThenable(result)) result.then(end, end);
  else end();
  return result;
}

/** Tells the client, beside what others have said in the field; once for each request. */
export function setServerTiming(state: RequestState, reply: FastifyReply): void {
  const own = state.serverTiming;
  if (own === undefined) return;
  state.serverTiming = undefined;
  if (own.length === 0) return;
  const others = reply.getHeader('server-timing');
  const all = others === undefined ? own : [String(others), ...own];
  reply.header('server-timing', all.join(', '));
}

function note(
  state: RequestState,
  timings: Timings,
  step: PreStep | PostStep,
  part: MiddlewarePart,
  ms: number,
): void {
  if (state.isSampled) timings.add(state.chain, step, part, ms);
  // A name is a token, as the field wants it.
  const { name } = step.middleware;
  state.serverTiming?.push(`${part === 'pre' ? name : `${name}.${part}`};dur=${ms.toFixed(3)}`);
}
