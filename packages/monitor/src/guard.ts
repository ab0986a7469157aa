// Who may see what is not for everybody: metrics and the dashboard.
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Refuses strangers: it throws, or answers the request itself (`reply.code(401).send()`); what it returns is awaited and
 * otherwise not looked at. A hook of three arguments, as `app.basicAuth`, refuses by what it gives to `done`. It runs before
 * anything is read or done. */
export type Guard = (
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
) => unknown;

/** Runs a guard.
 * @returns whether the request may go on; false: the guard has answered it
 * @throws (rejects) what the guard throws */
export async function runGuard(
  guard: Guard,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  // As Fastify tells hooks apart. One that answers by itself never calls `done`, and nothing waits for it then.
  if (guard.length < 3) await guard.call(request.server, request, reply, () => undefined);
  else await untilDone(guard, request, reply);
  return !reply.sent;
}

function untilDone(guard: Guard, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  return new Promise((resolve, reject) => {
    reply.raw.once('close', resolve);
    const result = guard.call(request.server, request, reply, (error) => {
      if (error) reject(error);
      else resolve();
    });
    if (result instanceof Promise) result.then(() => resolve(), reject);
  });
}
