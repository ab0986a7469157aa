// Declares a constant route: an ordinary Fastify route whose whole answer is made when it is declared.
// Invariant: guards, hooks, prefix, constraints and error handling are those of any other route; what is sent is the plan's
// form, so that every way to send it (here, or from its bytes) gives the same answer. HEAD is answered by the same route.
import type {
  FastifyInstance,
  FastifyReply,
  HTTPMethods,
  RouteHandlerMethod,
  RouteShorthandOptions,
} from 'fastify';
import { bool, checkOptions } from '@catzilla/common';
import { errors } from '../errors.ts';
import { constantPlan } from './plan.ts';
import type { ConstantForm, ConstantPlan } from './plan.ts';
import { makePlan, mergeVary } from './render.ts';
import type { ConstantOptions, ConstantResponse } from './types.ts';

/** A constant route that is ready to be added. */
export interface PreparedConstant {
  readonly method: HTTPMethods;
  readonly plan: ConstantPlan;
  /** For Fastify. */
  readonly options: RouteShorthandOptions;
}

/** Declares a route that always gives the same answer, made once: with ETag, Content-Length, 304 and HEAD.
 * @param url       as in `app.get`, below the prefix of `app`
 * @param response  a description `{ status, headers, body, contentType, etag, lastModified }`, or the body alone
 * @param options   of the route
 * @throws CATZ_ROUTER_BAD_ROUTE; Fastify's own errors about url and options
 * @example addConstant(app, '/health', { status: 'ok' }); */
export function addConstant(
  app: FastifyInstance,
  url: string,
  response: ConstantResponse,
  options: ConstantOptions = {},
): void {
  declareConstant(app, url, prepareConstant(url, response, options));
}

/** Checks a constant route and makes its answer.
 * @throws CATZ_ROUTER_BAD_ROUTE */
export function prepareConstant(
  url: string,
  response: ConstantResponse,
  options: ConstantOptions,
): PreparedConstant {
  const { method: given = 'GET', compress, ...rest } = options;
  const method = String(given).toUpperCase();
  const where = `${method} ${String(url)}`;
  const error = (message: string): Error => new errors.BAD_ROUTE(`${where}: ${message}`);
  if ('handler' in rest) throw error('expected options without handler: the answer is constant');
  const own = checkOptions({ compress }, { compress: bool(false) }, { path: 'options', error });
  const isConditional = method === 'GET' || method === 'HEAD';
  return {
    method,
    options: rest,
    plan: makePlan(response, { where, isConditional, compress: own.compress }),
  };
}

/** Adds a prepared route to an application or to a scope of it. */
export function declareConstant(
  app: FastifyInstance,
  url: string,
  { method, options, plan }: PreparedConstant,
): void {
  const withHead = method === 'GET' && (options.exposeHeadRoute ?? exposesHead(app));
  app.route({
    ...options,
    // One route for both: Fastify's own HEAD route would give a 304 the length of nothing.
    method: withHead ? ['GET', 'HEAD'] : method,
    url,
    config: { ...options.config, [constantPlan]: plan } as RouteShorthandOptions['config'] & object,
    handler: answerFrom(plan),
  });
}

// Of the application; Fastify's types do not show it.
function exposesHead({ initialConfig }: FastifyInstance): boolean {
  return (initialConfig as { exposeHeadRoutes?: boolean }).exposeHeadRoutes !== false;
}

function answerFrom(plan: ConstantPlan): RouteHandlerMethod {
  return (request, reply) => {
    const form = plan.select(request.headers);
    setFields(reply, form);
    reply.send(form.payload);
  };
}

// As a handler would set them: over what hooks have set, but for cookies, which add up, and Vary, which hooks add to.
function setFields(reply: FastifyReply, { status, fields }: ConstantForm): void {
  reply.code(status);
  for (const [name, value] of fields) {
    const vary = name === 'vary' ? reply.getHeader(name) : undefined;
    if (vary !== undefined) reply.header(name, mergeVary(vary as string, value));
    // Fastify adds cookies to the very list it was given.
    else reply.header(name, typeof value === 'string' ? value : [...value]);
  }
}
