// Who may see what is not for everybody: metrics and the dashboard.
import { custom, optional } from '@catzilla/common';
import type { OptionSpec } from '@catzilla/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Refuses strangers: it throws, or answers the request itself (`reply.code(401).send()`); what it returns is awaited and
 * otherwise not looked at. A hook of three arguments, as `app.basicAuth`, refuses by what it gives to `done`. It runs before
 * anything is read or done. */
export type Guard = (
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
) => unknown;

/** Of an option. As Fastify does of hooks, it refuses one that is async and takes `done`: nobody could say which of the two is its
 * word. */
export const guardSpec: OptionSpec<Guard | undefined> = optional(
  custom('a function, async or with `done`, not both', isGuard),
);

/** Runs a guard.
 * @returns whether the request may go on; false: the guard has answered it
 * @throws (rejects) what the guard throws */
export async function runGuard(
  guard: Guard,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  // As Fastify tells hooks apart.
  if (guard.length < 3) await untilSettled(guard, request, reply);
  else await untilDone(guard, request, reply);
  return !reply.sent;
}

// One that takes `done` without naming it, as by a default, may still refuse by it.
async function untilSettled(
  guard: Guard,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  let refusal: Error | undefined;
  await guard.call(request.server, request, reply, (error) => {
    refusal ??= error;
  });
  if (refusal !== undefined) throw refusal;
}

function untilDone(guard: Guard, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  return new Promise((resolve, reject) => {
    // One that answers by itself never calls `done`; and a client that leaves before it is called has not been let in.
    const leave = (): void => {
      if (!reply.sent) reply.hijack();
      resolve();
    };
    const end = (settle: () => void): void => {
      reply.raw.off('close', leave);
      settle();
    };
    reply.raw.once('close', leave);
    const result = guard.call(request.server, request, reply, (error) => {
      end(error ? () => reject(error) : resolve);
    });
    if (isThenable(result)) {
      result.then(
        () => end(resolve),
        (cause: Error) => end(() => reject(cause)),
      );
    }
  });
}

function isGuard(value: unknown): value is Guard {
  return (
    typeof value === 'function' &&
    !(value.constructor.name === 'AsyncFunction' && value.length >= 3)
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | undefined)?.then === 'function';
}
