// fromDecorator: what another plugin decorated the application with, as a service.
import type { FastifyInstance } from 'fastify';
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { Token } from '../token.ts';
import { registrationIn } from './registration.ts';

/** Provides a decorator of the application under a token. It is read when the container starts, stays its plugin's, and is never
 * disposed here. That plugin may come later; if it comes before this one, it is closed after the services that use it.
 * @param app    a context in which this package is registered, or one in it
 * @param name   of the decorator: 'mongo' for `app.mongo`
 * @param token  whose services are of the decorator's type
 * @throws CATZ_DI_OPTIONS, CATZ_DI_DUPLICATE, CATZ_DI_STARTED; at the start CATZ_DI_START_FAILED where there is no such decorator
 * @example
 * await app.register(mongodb, { url });
 * await app.register(di, { container });
 * fromDecorator(app, 'mongo', Mongo); */
export function fromDecorator<Name extends keyof FastifyInstance, T>(
  app: FastifyInstance,
  name: Name,
  token: FastifyInstance[Name] extends T ? Token<T> : never,
): void;
export function fromDecorator<Name extends string, T>(
  app: FastifyInstance,
  name: Name extends keyof FastifyInstance ? never : Name,
  token: Token<T>,
): void;
export function fromDecorator(app: FastifyInstance, name: string, token: Token<unknown>): void {
  if (typeof name !== 'string' || name === '') {
    throw new errors.OPTIONS(
      `expected the name of a decorator to be a non-empty string, got ${show(name)}`,
    );
  }
  const registration = registrationIn(app);
  if (registration === undefined) {
    throw new errors.OPTIONS(
      `expected @catzilla/di to be registered before the decorator ${name} is imported`,
    );
  }
  registration.import(token, () => {
    if (!app.hasDecorator(name)) throw new errors.DECORATOR_MISSING(name);
    return (app as unknown as Record<string, unknown>)[name];
  });
}
