// Lint of a Fastify instance: routes are collected as they are declared, and judged once when all of them are.
// Invariant: costs nothing after the start. What is judged is lint-routes.ts.
import type { FastifyInstance, RouteOptions } from 'fastify';
import { errors } from '../errors.ts';
import { lintRoutes } from './lint-routes.ts';
import type { LintFinding } from './lint-routes.ts';

/** Findings that the message of an error holds. */
const MAX_TOLD = 20;

/** Lints the routes that are declared after it, in this scope and below; `config.lint: false` leaves a route out.
 * @param level  'warn': one warning in the log, with all findings. 'error': the application does not start. 'off': nothing
 * @throws at ready: CATZ_VALIDATION_SCHEMA, naming the first 20 findings */
export function installLint(app: FastifyInstance, level: 'warn' | 'off' | 'error'): void {
  if (level === 'off') return;
  const routes: (readonly [instance: FastifyInstance, route: RouteOptions])[] = [];
  app.addHook('onRoute', function (route) {
    const { lint } = (route.config ?? {}) as { lint?: unknown };
    // The automatic HEAD route of a GET has its schema, and would say all of it twice.
    if (route.schema !== undefined && lint !== false && route.method !== 'HEAD') {
      routes.push([this, route]);
    }
  });
  app.addHook('onReady', function (done) {
    const findings = lintRoutes(
      routes.map(([instance, { method, url, schema }]) => ({
        method,
        url,
        schema,
        schemas: instance.getSchemas(),
      })),
    );
    routes.length = 0;
    if (findings.length === 0) done();
    else if (level === 'error') done(new errors.SCHEMA(tell(findings)));
    else {
      app.log.warn({ findings }, `${findings.length} weak places in the schemas of requests`);
      done();
    }
  });
}

function tell(findings: readonly LintFinding[]): string {
  const told = findings
    .slice(0, MAX_TOLD)
    .map((found) => `${found.route} ${found.in}${found.pointer}: ${found.message} (${found.rule})`);
  const more = findings.length - told.length;
  return [
    `expected schemas of requests without weak places, got ${findings.length}`,
    ...told,
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join('\n');
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `false`: the schemas of this route are not linted. Default: they are. */
    lint?: false;
  }
}
