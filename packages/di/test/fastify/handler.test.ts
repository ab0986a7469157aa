// Handlers are watched without changing what they do: values, errors, thenables, names and marks of other plugins.
import { describe, expect, it } from 'vitest';
import { defineContainer, di, inject, token } from '../../src/index.ts';
import { Journal, makeApp, turns, versions } from './support.ts';

const Res = token<string>('res');

describe.each(versions)('a watched handler, on Fastify $version,', ({ make }) => {
  it('that gives a thenable has it called once', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    await app.register(di, {
      container: defineContainer().scoped(Res, [], () => 'res', {
        dispose: () => journal.add('end'),
      }),
    });
    // As a query builder: `then` runs the query.
    const query = {
      // oxlint-disable-next-line unicorn/no-thenable -- query builders are such objects
      then(resolve: (rows: string) => void) {
        journal.add('query');
        setImmediate(resolve, 'rows');
      },
    };
    app.get('/plain', () => query as never);
    app.get(
      '/injected',
      inject([Res], () => query as never),
    );
    expect((await app.inject('/plain')).body).toBe('rows');
    expect((await app.inject('/injected')).body).toBe('rows');
    await journal.until('end');
    expect(journal.entries).toEqual(['query', 'query', 'end']);
  });

  it('keeps its name and what others noted on it', async () => {
    const app = makeApp(make);
    const mark = Symbol('mark');
    const handler = Object.assign(
      function listUsers() {
        return 'users';
      },
      { [mark]: 'kept' },
    );
    const seen: { name: string; mark: unknown }[] = [];
    await app.register(di, { container: defineContainer() });
    app.addHook('onRoute', ({ handler: given }) => {
      seen.push({ name: given.name, mark: (given as unknown as { [mark]: unknown })[mark] });
    });
    app.get('/', { exposeHeadRoute: false }, handler);
    expect((await app.inject('/')).body).toBe('users');
    expect(seen).toEqual([{ name: 'listUsers', mark: 'kept' }]);
  });

  it.each([
    ['a value', () => 'x', 'x'],
    ['null', () => null, 'null'],
    ['a promise', async () => 'x', 'x'],
    ['a promise of nothing', async () => undefined, ''],
  ])('gives %s', async (_what, handler, body) => {
    const app = makeApp(make);
    await app.register(di, { container: defineContainer() });
    app.get('/', handler as () => string);
    expect((await app.inject('/')).body).toBe(body);
  });

  it('of a route that does not use its scope opens none', async () => {
    const app = makeApp(make);
    await app.register(di, { container: defineContainer() });
    app.get('/', async () => turns(1));
    await app.inject('/');
    expect(app.di.stats().scopes.opened).toBe(0);
  });
});
