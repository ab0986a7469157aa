// Containers follow Fastify's contexts: a child's definitions come before its parent's, and nobody else sees them.
import { describe, expect, it } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { Server, defineContainer, di, inject, token } from '../../src/index.ts';
import { Journal, makeApp, turns, versions } from './support.ts';

const Db = token<string>('db');
const Repo = token<string>('repo');
const Tenant = token<string>('tenant');
const Missing = token<string>('missing');

describe.each(versions)('a container in a child context, on Fastify $version,', ({ make }) => {
  it('has its own definitions before those of the context around', async () => {
    const app = makeApp(make);
    await app.register(di, {
      container: defineContainer({ name: 'outer' })
        .value(Db, 'outer db')
        .value(Tenant, 'nobody')
        .scoped(Repo, [Db, Tenant], (db, tenant) => `${db} of ${tenant}`),
    });
    const handler = inject([Repo], (request, _reply, repo) => [repo, request.scope.get(Tenant)]);
    app.get('/', handler);
    await app.register(
      async (inner) => {
        await inner.register(di, {
          container: defineContainer({ name: 'inner' }).override(Tenant, { value: 'Ada' }),
        });
        inner.get('/', handler);
        await inner.register(async (deep) => void deep.get('/deep', handler));
      },
      { prefix: '/inner' },
    );
    expect((await app.inject('/')).json()).toEqual(['outer db of nobody', 'nobody']);
    expect((await app.inject('/inner')).json()).toEqual(['outer db of Ada', 'Ada']);
    expect((await app.inject('/inner/deep')).json()).toEqual(['outer db of Ada', 'Ada']);
  });

  it('keeps what it provides from other contexts', async () => {
    const app = makeApp(make);
    await app.register(async (inner) => {
      await inner.register(di, { container: defineContainer().value(Db, 'inner') });
      inner.get(
        '/inner',
        inject([Db], (_request, _reply, db) => db),
      );
    });
    app.get('/outer', async (request) => [
      Object.keys(request).includes('scope'),
      request.scope === undefined,
    ]);
    expect((await app.inject('/inner')).body).toBe('inner');
    expect((await app.inject('/outer')).json()).toEqual([false, true]);
    expect(app.hasDecorator('di')).toBe(false);
  });

  it('starts after the one around it and is closed before', async () => {
    const app = make();
    const journal = new Journal();
    const service = (name: string) => ({
      make: () => {
        journal.add(name);
        return name;
      },
      options: { dispose: () => journal.add(`${name} ends`) },
    });
    const outer = service('outer');
    const inner = service('inner');
    await app.register(di, {
      container: defineContainer().singleton(Db, [], outer.make, outer.options),
    });
    await app.register(async (context) => {
      await context.register(di, {
        container: defineContainer().singleton(Repo, [Db], inner.make, inner.options),
      });
    });
    await app.ready();
    await app.close();
    expect(journal.entries).toEqual(['outer', 'inner', 'inner ends', 'outer ends']);
  });

  it('is checked together with all others, before anything is made', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    await app.register(di, {
      container: defineContainer().singleton(Db, [], () => {
        journal.add('made');
        return 'db';
      }),
    });
    const broken = inject([Missing], () => 'never');
    app.get('/outer', broken);
    for (const prefix of ['/one', '/two']) {
      await app.register(
        async (inner) => {
          await inner.register(di, {
            container: defineContainer({ name: prefix }).scoped(Repo, [Tenant], (tenant) => tenant),
          });
          inner.get('/inner', broken);
        },
        { prefix },
      );
    }
    const error: unknown = await app.ready().then(undefined, (reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CATZ_DI_INVALID' });
    const { errors, message } = error as AggregateError;
    expect(errors).toHaveLength(5);
    for (const where of ['GET /outer', 'GET /one/inner', 'GET /two/inner']) {
      expect(message).toContain(where);
    }
    expect(journal.entries).toEqual([]);
  });

  it('is checked together with those of contexts beside it', async () => {
    const app = makeApp(make);
    for (const prefix of ['/one', '/two']) {
      await app.register(
        async (inner) => {
          await inner.register(di, { container: defineContainer({ name: prefix }) });
          inner.get(
            '/',
            { exposeHeadRoute: false },
            inject([Missing], () => 'never'),
          );
        },
        { prefix },
      );
    }
    const error: unknown = await app.ready().then(undefined, (reason: unknown) => reason);
    expect((error as AggregateError).errors).toHaveLength(2);
  });

  it('warns where a singleton around it does not see what it overrides', async () => {
    const lines: string[] = [];
    const logger = { level: 'warn', stream: { write: (line: string) => void lines.push(line) } };
    const app = makeApp(make, { logger });
    await app.register(di, {
      container: defineContainer({ name: 'outer' })
        .value(Db, 'outer db')
        .singleton(Repo, [Db], (db) => `repo of ${db}`),
    });
    await app.register(async (inner) => {
      await inner.register(di, {
        container: defineContainer({ name: 'inner' }).override(Db, { value: 'inner db' }),
      });
      inner.get(
        '/',
        inject([Db, Repo], (_request, _reply, db, repo) => [db, repo]),
      );
    });
    expect((await app.inject('/')).json()).toEqual(['inner db', 'repo of outer db']);
    const warned = lines.map((line) => JSON.parse(line) as { code?: string });
    const partial = warned.filter(({ code }) => code === 'CATZ_WARN_DI_PARTIAL_OVERRIDE');
    expect(partial).toHaveLength(1);
    expect(JSON.stringify(partial)).toContain('repo');
  });

  it('opens one scope per request, and has the hooks run once', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    const container = (name: string) =>
      defineContainer({ name }).scoped(Db, [], () => name, {
        dispose: () => journal.add(`${name} ends`),
        disposeAt: 'handler',
      });
    await app.register(di, { container: container('outer') });
    let inside: FastifyInstance | undefined;
    await app.register(async (inner) => {
      inside = inner;
      await inner.register(di, { container: container('inner') });
      inner.get(
        '/inner',
        inject([Db], (_request, _reply, db) => db),
      );
    });
    expect((await app.inject('/inner')).body).toBe('inner');
    await turns();
    expect(journal.entries).toEqual(['inner ends']);
    expect(inside?.di.stats().scopes).toMatchObject({ opened: 1, active: 0 });
    expect(app.di.stats().scopes.opened).toBe(0);
  });

  it('has its own server', async () => {
    const app = makeApp(make);
    const Mark = token<unknown>('mark');
    const container = defineContainer().singleton(Mark, [Server], (server) => server);
    await app.register(di, { container });
    await app.register(async (inner) => {
      await inner.register(di, { container: defineContainer().singleton(Repo, [Server], String) });
      inner.decorate('own', true);
      inner.get('/', async () => [inner.di.get(Server) === inner, inner.di.get(Mark) === app]);
    });
    expect((await app.inject('/')).json()).toEqual([true, true]);
  });
});
