// The hooks of requests: one that begins a life, one that tells what failed, one that lets disposers at 'handler' go before the
// payload. Invariant: a request that does not use its scope pays for a small object and a check. Added once per tree of contexts,
// by the outermost registration; they come first there if the plugin does. There is no onResponse: Fastify does not call it for
// a client that left, and applications that need none otherwise are spared what it costs.
import type { DoneFuncWithErrOrRes, FastifyInstance, FastifyReply } from 'fastify';
import { LIFE, RequestLife } from './life.ts';
import type { LivingRequest } from './life.ts';
import type { Registration } from './registration.ts';
import type { Scope } from '../types.ts';

/** Whether a context has the hooks, its own or those of a context around it. */
export function hasHooks(app: FastifyInstance): boolean {
  return app.hasRequestDecorator(LIFE);
}

/** Adds them, and `request.scope`. */
export function addHooks(app: FastifyInstance, top: Registration): void {
  app.decorateRequest(LIFE, null);
  app.decorateRequest('scope', {
    getter(): Scope {
      return lifeOf(this, top).use();
    },
  });
  app.addHook('onRequest', (request: LivingRequest, reply, done) => {
    // A hook that was there before the plugin may have used the scope.
    const early = request[LIFE];
    if (early) early.meet(reply);
    else request[LIFE] = new RequestLife(request, reply, top);
    done();
  });
  app.addHook('onError', (request: LivingRequest, _reply, error, done) => {
    request[LIFE]?.fail(error);
    done();
  });
  app.addHook('onSend', catzillaScopeOnSend);
}

// By this name @catzilla/fastify-cache knows that it has nothing to do on a hit, unless the request has opened its scope.
function catzillaScopeOnSend(
  request: LivingRequest,
  reply: FastifyReply,
  payload: unknown,
  done: DoneFuncWithErrOrRes,
): void {
  const life = request[LIFE];
  const ending = life?.scope === undefined ? undefined : life.beforeSend(life.scope, reply);
  if (ending === undefined) done(null, payload);
  else void sendAfter(ending, payload, done);
}

// What the rest of the way throws (a payload of a type that cannot be sent) is the request's error: were the hook itself
// asynchronous, nobody would catch it in Fastify 5.5.
async function sendAfter(
  ending: Promise<void>,
  payload: unknown,
  done: DoneFuncWithErrOrRes,
): Promise<void> {
  try {
    await ending;
    done(null, payload);
  } catch (error) {
    done(error as Error);
  }
}

function lifeOf(request: LivingRequest, top: Registration): RequestLife {
  return (request[LIFE] ??= new RequestLife(request, undefined, top));
}
