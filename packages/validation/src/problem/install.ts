// Problem details for a Fastify instance and all scopes below it: its error handler, and the body of answers to URLs or methods
// that have no route. Invariant: a setErrorHandler or setNotFoundHandler of the application keeps working, in any scope; what it
// throws on comes here. The error goes to the log in full, to the client only as read-fault.ts lets it.
// What has no reply yet (bad URLs, broken HTTP) is server-options.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_JSON, answer, bodyOf } from './answer.ts';
import { readFault } from './read-fault.ts';
import type { ProblemSettings } from './read-fault.ts';

export type { ProblemSettings } from './read-fault.ts';

// Of the registry: another copy of the package may make the OpenAPI document.
const SETTINGS: unique symbol = Symbol.for('catzilla.validation.problems');

type WithSettings = { readonly [SETTINGS]?: ProblemSettings };

/** Answers errors as problems, in this scope and below.
 * @param app       the scope; routes of it may stand before or after
 * @param settings  checked by the plugin */
export function installProblems(app: FastifyInstance, settings: ProblemSettings): void {
  Object.defineProperty(app, SETTINGS, { value: settings, configurable: true });
  app.setErrorHandler((error: unknown, request, reply) => {
    const fault = readFault(error, reply.statusCode, settings);
    log(error, fault.status, request, reply);
    answer(fault, request, reply);
  });
  // A not-found handler of ours would keep the application from setting its own: Fastify takes one for each prefix. Its
  // own body, which @catzilla/router uses for 405 too, is rewritten instead.
  app.addHook('preSerialization', (request, reply, payload, done) => {
    if (request.is404 && isFastifyBody(payload, reply))
      done(null, rewrite(request, reply, settings));
    else done(null, payload);
  });
}

/** The settings of `installProblems` for a scope; undefined: problems are not installed there. */
export function problemSettingsOf(app: FastifyInstance): ProblemSettings | undefined {
  return (app as WithSettings)[SETTINGS];
}

function log(error: unknown, status: number, request: FastifyRequest, reply: FastifyReply): void {
  const message = error instanceof Error ? error.message : 'something that is no Error was thrown';
  if (status >= 500) {
    // Whatever the application says of request logs: nobody else is told what happened.
    request.log.error({ req: request, res: reply, err: error }, message);
  } else if (request.server.initialConfig.disableRequestLogging !== true) {
    request.log.info({ res: reply, err: error }, message);
  }
}

function isFastifyBody(payload: unknown, { statusCode }: FastifyReply): boolean {
  if (typeof payload !== 'object' || payload === null) return false;
  const body = payload as Record<string, unknown>;
  return (
    (statusCode === 404 || statusCode === 405) &&
    body['statusCode'] === statusCode &&
    typeof body['error'] === 'string' &&
    typeof body['message'] === 'string' &&
    Object.keys(body).length === 3
  );
}

function rewrite(request: FastifyRequest, reply: FastifyReply, settings: ProblemSettings): object {
  const isMethod = reply.statusCode === 405;
  const fault = readFault(
    isMethod
      ? { statusCode: 405, message: allowedOf(reply) }
      : { statusCode: 404, code: 'FST_ERR_NOT_FOUND' },
    reply.statusCode,
    settings,
  );
  reply.header('content-type', PROBLEM_JSON);
  return bodyOf(fault, request.id);
}

function allowedOf(reply: FastifyReply): string {
  return `this URL takes ${String(reply.getHeader('allow') ?? 'other methods')}`;
}
