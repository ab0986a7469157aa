// The plugin: the compilers of a scope and those below, problem details, limits, and the lint of schemas.
// Order of hooks: onRequest looks at the query string; per route, preValidation turns forms and checks cookies, after the scope's
// own hooks; a route's first preHandler awaits schemas, where it asks for that. Routes are refused as they are declared.
// Register it before routes, and before the scopes that hold them. What is written to clients is problem/.
import fp from 'fastify-plugin';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { isOwnCompiler, makeBuildValidator } from './compile/build-validator.ts';
import { errors } from './errors.ts';
import { invalid, partOf } from './issue/issue.ts';
import { installJsonBody } from './limits/json-body.ts';
import { installQueryLimits } from './limits/query.ts';
import { installLint } from './lint/install.ts';
import { checkValidation } from './options.ts';
import type { Settings, ValidationOptions } from './options.ts';
import { installProblems } from './problem/install.ts';
import { takeRoute } from './route/take.ts';
import type { RouteNotes } from './route/take.ts';
import { isOwnSerializer, makeBuildSerializer } from './serialize/build-serializer.ts';

const SCOPE: unique symbol = Symbol('catzilla.validation.scope');

type ScopedInstance = FastifyInstance & { [SCOPE]?: true };

const register: FastifyPluginAsync<ValidationOptions> = async (app, options) => {
  const settings = checkValidation(options);
  const instance = app as ScopedInstance;
  if (Object.hasOwn(instance, SCOPE)) throw new errors.REGISTERED_TWICE();
  const isOutermost = instance[SCOPE] === undefined;
  instance[SCOPE] = true;
  if (!app.hasRequestDecorator('validCookies'))
    app.decorateRequest('validCookies', undefined as never);
  installCompilers(app, settings);
  if (isOutermost ? !hasFormatter(app) : true) {
    app.setSchemaErrorFormatter((entries, dataVar) => invalid(entries, partOf(dataVar), settings));
  }
  installQueryLimits(app, settings.limits);
  installJsonBody(app, settings.limits);
  installRoutes(app, settings);
  installProblems(app, settings);
  installLint(app, settings.lint);
};

// What a user has set for this scope stays; what a child sets is the child's.
function installCompilers(app: FastifyInstance, settings: Settings): void {
  const report = (error: Error): void => {
    app.log.warn({ err: error }, 'a reply does not fit its schema');
  };
  const losesFalsy = !isAtLeast(app.version, 5, 12);
  const buildValidator = makeBuildValidator({ ...settings, losesFalsy });
  const buildSerializer = makeBuildSerializer({ ...settings, report });
  app.setSchemaController({
    compilersFactory: {
      ...(isOwnCompiler(app.validatorCompiler) && { buildValidator: buildValidator as never }),
      ...(isOwnSerializer(app.serializerCompiler) && { buildSerializer: buildSerializer as never }),
    },
  });
}

function installRoutes(app: FastifyInstance, settings: Settings): void {
  const notes: RouteNotes = { unturned: [], unserialized: [], cookies: new Map() };
  app.addHook('onRoute', function (route) {
    takeRoute(this, route, settings, notes);
  });
  app.addHook('onReady', (done) => {
    const blind = [...notes.cookies].find(([scope]) => !scope.hasRequestDecorator('cookies'));
    if (blind !== undefined) {
      done(
        new errors.SCHEMA(
          `the schema of ${blind[1]} needs @fastify/cookie in its scope: npm install @fastify/cookie`,
        ),
      );
      return;
    }
    if (notes.unturned.length > 0) {
      app.log.warn({ schemas: notes.unturned }, 'texts of these parts stay texts');
    }
    if (settings.responseValidation === 'dev' && notes.unserialized.length > 0) {
      app.log.info({ routes: notes.unserialized }, 'replies of these routes have no schema');
    }
    done();
  });
}

// A formatter of the application, which Fastify shows nobody: it stands under a symbol, null until one is set.
function hasFormatter(app: FastifyInstance): boolean {
  for (let scope: object | null = app; scope !== null; scope = Object.getPrototypeOf(scope)) {
    const name = Object.getOwnPropertySymbols(scope).find(
      ({ description }) => description === 'fastify.schemaErrorFormatter',
    );
    if (name !== undefined) return typeof (scope as Record<symbol, unknown>)[name] === 'function';
  }
  return false;
}

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** Validates what comes in and goes out of a Fastify instance, by JSON Schema, TypeBox and any Standard Schema, and answers errors
 * as problem details (RFC 9457): on every route declared after it, in its scope and below.
 * Declares no routes: `prefix`, `logLevel` and `logSerializers` of register() change nothing, and are passed over.
 * @see ValidationOptions
 * @throws CATZ_VALIDATION_OPTIONS, CATZ_VALIDATION_REGISTERED_TWICE; while routes are declared CATZ_VALIDATION_SCHEMA
 * @example
 * import validation from '@catzilla/validation';
 * await app.register(validation); */
export const validation: FastifyPluginAsync<ValidationOptions> = fp(register, {
  name: '@catzilla/validation',
  fastify: '5.x',
});
