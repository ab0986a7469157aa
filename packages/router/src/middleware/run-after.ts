// Runs `after` functions, when the response is over: its bytes are with the operating system, or the client has left.
// Invariant: each runs once, whatever the ones before it have done; what one throws is logged under its name.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PostStep } from './chain.ts';
import { runMeasured } from './measure.ts';
import type { RequestState } from './request-state.ts';
import { isThenable } from './results.ts';
import { isReached } from './run-post.ts';
import type { Timings } from './timings.ts';

/** Waits for the end of a response: 'finish', or 'close' without it where the client has left. */
export function watch(
  state: RequestState,
  timings: Timings,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (state.isWatched || state.chain.afters.length === 0) return;
  state.isWatched = true;
  let isOver = false;
  const end = (isFinished: boolean): void => {
    if (isOver) return;
    isOver = true;
    const { ctx, chain } = state;
    if (!isFinished) ctx.outcome = 'error';
    // A reply that was taken over by `hijack` never came by.
    else if (ctx.outcome === 'ok' && state.done < chain.pres.length) ctx.outcome = 'short';
    run(state, timings, request, reply, 0);
  };
  reply.raw.once('finish', () => end(true));
  reply.raw.once('close', () => end(false));
}

function run(
  state: RequestState,
  timings: Timings,
  request: FastifyRequest,
  reply: FastifyReply,
  from: number,
): void {
  const { afters } = state.chain;
  for (let at = from; at < afters.length; at++) {
    const step = afters[at]!;
    if (!isReached(state, step)) continue;
    try {
      const result = state.isSampled
        ? runMeasured(state, timings, step, 'after', request, reply)
        : step.run(request, reply, state.ctx);
      if (isThenable(result)) {
        const proceed = (): void => run(state, timings, request, reply, at + 1);
        result.then(proceed, (error: unknown) => {
          log(request, step, error);
          proceed();
        });
        return;
      }
    } catch (error) {
      log(request, step, error);
    }
  }
}

function log(request: FastifyRequest, step: PostStep, error: unknown): void {
  const { name: middleware } = step.middleware;
  request.log.error({ err: error, middleware }, 'after of a middleware failed');
}
