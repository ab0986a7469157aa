// fromDecorator: what another plugin decorated, as a service.
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { defineContainer, di, fromDecorator, inject, token } from '../../src/index.ts';
import { Journal, makeApp } from './support.ts';

interface Mongo {
  readonly find: () => string;
  [Symbol.dispose](): void;
}
const Mongo = token<Mongo>('mongo');
const Users = token<string>('users');

describe('fromDecorator', () => {
  it('provides a decorator that a plugin adds later, and leaves it to that plugin', async () => {
    const app = makeApp();
    const journal = new Journal();
    await app.register(di, {
      container: defineContainer().scoped(Users, [Mongo], (mongo) => mongo.find()),
    });
    fromDecorator(app, 'mongo', Mongo);
    app.decorate('mongo', { find: () => 'Ada', [Symbol.dispose]: () => journal.add('disposed') });
    app.get(
      '/',
      inject([Users], (_request, _reply, users) => users),
    );
    expect((await app.inject('/')).body).toBe('Ada');
    await app.close();
    expect(journal.entries).toEqual([]);
  });

  it('names a decorator that is not there when the container starts', async () => {
    const app = makeApp();
    await app.register(di, { container: defineContainer() });
    fromDecorator(app, 'mongo', Mongo);
    await expect(app.ready()).rejects.toMatchObject({ code: 'CATZ_DI_START_FAILED' });
    const error: unknown = await app.ready().then(undefined, (reason: unknown) => reason);
    expect(causesOf(error)).toContain('CATZ_DI_DECORATOR_MISSING');
  });

  it('refuses a token that is provided already', async () => {
    const app = makeApp();
    await app.register(di, { container: defineContainer().value(Users, 'x') });
    expect(() => fromDecorator(app, 'users', Users)).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_DUPLICATE' }),
    );
  });

  it('comes too late once the container has been built', async () => {
    const app = makeApp();
    await app.register(di, { container: defineContainer() });
    await app.ready();
    expect(() => fromDecorator(app, 'mongo', Mongo)).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_STARTED' }),
    );
  });

  it('needs the plugin, and a name', async () => {
    const app = makeApp();
    expect(() => fromDecorator(app, 'mongo', Mongo)).toThrow(
      /registered before the decorator mongo/,
    );
    expect(() => fromDecorator(app, '' as string, Mongo)).toThrow(/non-empty string/);
  });

  it('takes a token of the type of the decorator', () => {
    const typed = (app: FastifyInstance): void => {
      fromDecorator(app, 'version', token<string>('version'));
      fromDecorator(app, 'version', token<string | number>('version'));
      // @ts-expect-error the decorator is a string
      fromDecorator(app, 'version', token<number>('version'));
      fromDecorator(app, 'unknown to types', token<number>('number'));
    };
    expect(typed).toBeTypeOf('function');
  });
});

/** The codes of an error, of its causes, and of what it holds. */
function causesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  const { code } = error as { code?: string };
  const inner = [error.cause, ...((error as { errors?: readonly unknown[] }).errors ?? [])];
  return [code ?? '', ...inner.flatMap(causesOf)];
}
