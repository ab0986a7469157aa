// Purging by HTTP: POST of JSON to one path, and the method PURGE on the URLs of cached routes.
// Invariant: nothing is purged before `authorize` has said exactly true; what it throws is a refusal. The body is checked as
// a whole before anything is purged. PURGE gets a sibling of each GET route, with its path, constraints and scope: a wildcard
// would shadow routes of the application or be shadowed by them, while so hooks of the scope guard it too, and what has no
// route is 404 as ever. Parsing and limiting the body is left to the application's own parser of JSON.
import { bool, checkOptions, list, show, string } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { errors } from './errors.ts';
import { exempt } from './invalidate.ts';
import type { PurgeRouteSettings } from './options/policy.ts';
import { purgeAll } from './purge/all.ts';
import type { PurgeResult } from './purge/options.ts';
import { checkPattern, purgePattern } from './purge/pattern.ts';
import { invalidateNames, listOfTags } from './purge/tags.ts';
import { purgeSites, siteOf } from './purge/url.ts';
import type { Site } from './purge/url.ts';
import type { Scope } from './scope.ts';

const BODY_LIMIT = 65_536;
const METHOD = 'PURGE';

interface PurgeBody {
  readonly urls: readonly string[];
  readonly tags: readonly string[];
  readonly paths: readonly string[];
  readonly all: boolean;
  readonly soft: boolean;
}

/** What Fastify adds to the options of a route before onRoute. */
type Declared = RouteOptions & { readonly prefix: string; readonly routePath: string };

const SETTINGS: unique symbol = Symbol('catzilla.fastify-cache.purge-route');

interface WithSettings {
  readonly [SETTINGS]: PurgeRouteSettings;
}

const FORBIDDEN = Object.freeze({
  statusCode: 403,
  error: 'Forbidden',
  message: 'not allowed to purge',
});
const MISUSE = [errors.OPTION, errors.BAD_URL, errors.TAG];

const strings = list(string(), []);
const specs: OptionSpecs<PurgeBody> = {
  urls: strings,
  tags: strings,
  paths: strings,
  all: bool(false),
  soft: bool(false),
};

/** Adds the purge route of a registration, and PURGE to the GET routes declared after this call; nothing where the option is
 * not set. Its path stands under the prefix of the scope, and hooks of the scope hold for it. It answers
 * 200 `{ purged, ok }`, 400 with the code and sentence of what is wrong with the body, or 403. */
export function addPurgeRoute(app: FastifyInstance, scope: Scope): void {
  const settings = scope.settings.purgeRoute;
  if (settings === undefined) return;
  app.route({
    method: 'POST',
    url: settings.path,
    bodyLimit: BODY_LIMIT,
    config: { cache: false },
    handler: (request, reply) =>
      answer(request, reply, settings, () => purgeBody(scope, request.body)),
  });
  if (!settings.purgeMethod) return;
  (app as FastifyInstance & { [SETTINGS]?: PurgeRouteSettings })[SETTINGS] = settings;
  if (!app.supportedMethods.includes(METHOD)) app.addHttpMethod(METHOD);
  app.addHook('onRoute', function (this: FastifyInstance, route) {
    addSibling(this, scope, route);
  });
}

function addSibling(instance: FastifyInstance, scope: Scope, route: RouteOptions): void {
  const { prefix, routePath, url, constraints, prefixTrailingSlash } = route as Declared;
  const methods = ([] as string[]).concat(route.method);
  if (!methods.includes('GET') || (route as { websocket?: boolean }).websocket === true) return;
  if (methods.includes(METHOD)) {
    // app.all() means the methods of the application, not ours; a route that names PURGE means it.
    if (!instance.supportedMethods.every((method) => methods.includes(method))) return;
    route.method = methods.filter((method) => method !== METHOD);
  }
  const { cache } = (route.config ?? {}) as { cache?: unknown };
  if (scope.settings.planRoute({ method: methods, url }, cache).kind === 'off') return;
  const isKnown = instance.hasRoute({ method: METHOD, url, ...(constraints && { constraints }) });
  if (isKnown) return;
  instance.route({
    method: METHOD,
    // The root of a prefix comes in its first form alone.
    url: routePath === '' && prefix !== '' ? '/' : routePath,
    ...(prefixTrailingSlash && { prefixTrailingSlash }),
    ...(constraints && { constraints }),
    config: { cache: false },
    handler(this: FastifyInstance, request, reply) {
      // Of the innermost registrations, which may not be the ones that added this route.
      const { [SETTINGS]: settings, cache: own } = this as FastifyInstance & WithSettings;
      return answer(request, reply, settings, () => own.purge(request));
    },
  });
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { authorize }: PurgeRouteSettings,
  purge: () => Promise<PurgeResult>,
): Promise<unknown> {
  // What it purges it says itself: as a request that changes its own URL it would purge that, and hard.
  exempt(request);
  reply.header('cache-control', 'no-store');
  if (!(await mayPurge(request, authorize))) {
    return reply.code(403).send({ ...FORBIDDEN });
  }
  try {
    const { purged, ok } = await purge();
    request.log.info({ purged, ok }, 'purged by request');
    return { purged, ok };
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (!MISUSE.some((known) => error instanceof known)) throw error;
    return reply.code(400).send({ statusCode: 400, code, error: 'Bad Request', message });
  }
}

async function mayPurge(
  request: FastifyRequest,
  authorize: PurgeRouteSettings['authorize'],
): Promise<boolean> {
  try {
    return (await authorize(request)) === true;
  } catch (error) {
    request.log.warn({ err: error }, 'authorize of the purge route failed: refused');
    return false;
  }
}

async function purgeBody(scope: Scope, body: unknown): Promise<PurgeResult> {
  const error = (message: string): Error => new errors.OPTION(message);
  if (body === undefined || body === null) {
    throw error(`expected body to be an object with urls, tags, paths or all, got ${show(body)}`);
  }
  const { urls, tags, paths, all, soft } = checkOptions(body, specs, { path: 'body', error });
  const sites: Site[] = urls.map(siteOf);
  listOfTags(tags, 'body.tags');
  for (const path of paths) checkPattern(path);
  if (!all && sites.length + tags.length + paths.length === 0) {
    throw error('expected body to name urls, tags, paths or all, got none of them');
  }
  if (all) return purgeAll(scope, { soft });
  if (sites.length + tags.length > 0) scope.counters.purges++;
  const results = [
    await purgeSites(scope, sites, soft),
    { purged: 0, ok: await invalidateNames(scope, tags, soft) },
  ];
  for (const path of paths) results.push(await purgePattern(scope, path, { soft }));
  return {
    purged: results.reduce((sum, { purged }) => sum + purged, 0),
    ok: results.every(({ ok }) => ok),
  };
}
