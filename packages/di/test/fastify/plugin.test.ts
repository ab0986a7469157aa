// The plugin: options, start and stop of the container with the application, app.di.
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { Log, Server, defineContainer, di, inject, multiToken, token } from '../../src/index.ts';
import type { DiOptions } from '../../src/index.ts';
import { Journal, gate, listen, makeApp, turns, versions } from './support.ts';

const A = token<string>('a');
const B = token<string>('b');

function coded(code: string): unknown {
  return expect.objectContaining({ code });
}

describe.each(versions)('the plugin, on Fastify $version,', ({ make }) => {
  it('starts the singletons before the server listens and disposes them when it closes', async () => {
    const app = make();
    const journal = new Journal();
    await app.register(di, {
      container: defineContainer()
        .singleton(
          A,
          [],
          async () => {
            await turns(1);
            journal.add('a');
            return 'a';
          },
          { dispose: () => journal.add('a ends') },
        )
        .singleton(B, [A], (a) => `${a}b`, { dispose: () => journal.add('b ends') }),
    });
    app.addHook('onListen', async () => journal.add('listening'));
    app.get(
      '/',
      inject([B], (_request, _reply, b) => b),
    );
    await listen(app);
    expect((await app.inject('/')).body).toBe('ab');
    expect(app.di.get(B)).toBe('ab');
    await app.close();
    expect(journal.entries).toEqual(['a', 'listening', 'b ends', 'a ends']);
  });

  it('does not listen when the graph has faults', async () => {
    const app = makeApp(make);
    await app.register(di, { container: defineContainer().singleton(A, [B], (b) => b) });
    await expect(app.listen({ port: 0, host: '127.0.0.1' })).rejects.toThrow(
      coded('CATZ_DI_INVALID') as Error,
    );
    expect(app.server.listening).toBe(false);
  });

  it('names who is late before Fastify gives up', async () => {
    const app = makeApp(make, { pluginTimeout: 100 });
    const never = gate();
    await app.register(di, {
      container: defineContainer().singleton(A, [], async () => {
        await never.passed;
        return 'a';
      }),
      startTimeout: 20,
    });
    await expect(app.ready()).rejects.toThrow(coded('CATZ_DI_START_TIMEOUT') as Error);
    never.open();
  });

  it('stays below a short pluginTimeout by itself', async () => {
    const app = makeApp(make, { pluginTimeout: 200 });
    const never = gate();
    await app.register(di, {
      container: defineContainer().singleton(A, [], async () => {
        await never.passed;
        return 'a';
      }),
    });
    await expect(app.ready()).rejects.toThrow(/\ba\b/);
    never.open();
  });

  it('refuses a startTimeout that Fastify would not wait for', async () => {
    const app = makeApp(make, { pluginTimeout: 1_000 });
    await expect(
      app.register(di, { container: defineContainer(), startTimeout: 1_000 }),
    ).rejects.toThrow(
      /below the pluginTimeout of Fastify \(1000 ms\), got 1000: raise pluginTimeout/,
    );
    const unlimited = makeApp(make, { pluginTimeout: 0 });
    await unlimited.register(di, { container: defineContainer(), startTimeout: 60_000 });
    await unlimited.ready();
  });

  it.each([
    [{}, /options.container to be a definition/],
    [{ container: {} }, /options.container to be a definition/],
    [{ container: defineContainer(), startTimout: 1 }, /did you mean startTimeout/],
    [{ container: defineContainer(), startTimeout: -1 }, /options.startTimeout/],
    [{ container: defineContainer(), disposeTimeout: 0 }, /options.disposeTimeout/],
    [{ container: defineContainer(), disposeGrace: 'long' }, /options.disposeGrace/],
    [{ container: defineContainer(), timings: 1 }, /options.timings/],
    [{ container: defineContainer(), overrides: [A] }, /options.overrides\[0\]/],
  ])('refuses options that cannot be: %o', async (options, message) => {
    const app = makeApp(make);
    const registered = app.register(di, options as unknown as DiOptions);
    await expect(registered).rejects.toThrow(message);
    await expect(registered).rejects.toThrow(coded('CATZ_DI_OPTIONS') as Error);
  });

  it('takes Infinity for no limit', async () => {
    const app = makeApp(make);
    const container = defineContainer();
    await app.register(di, { container, disposeTimeout: Infinity, disposeGrace: Infinity });
    await app.ready();
  });

  it('replaces bindings by overrides', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    const container = defineContainer().singleton(A, [], () => {
      journal.add('made');
      return 'real';
    });
    await app.register(di, { container, overrides: [[A, { value: 'fake' }]] });
    app.get(
      '/',
      inject([A], (_request, _reply, a) => a),
    );
    expect((await app.inject('/')).body).toBe('fake');
    expect(journal.entries).toEqual([]);
  });

  it('has the times of factories when it is told to take them', async () => {
    const app = makeApp(make);
    const container = defineContainer().singleton(A, [], () => 'a');
    await app.register(di, { container, timings: true });
    await app.ready();
    const { tokens } = app.di.stats();
    expect(tokens).toContainEqual(
      expect.objectContaining({ token: 'a', createMs: expect.objectContaining({ count: 1 }) }),
    );
  });

  it('gives a disposer no more than disposeTimeout', async () => {
    const app = make();
    const never = gate();
    const container = defineContainer().singleton(A, [], () => 'a', {
      dispose: async () => never.passed,
    });
    await app.register(di, { container, disposeTimeout: 10 });
    await app.ready();
    await expect(app.close()).rejects.toThrow(coded('CATZ_DI_DISPOSE_FAILED') as Error);
    never.open();
  });

  it('closes everything else where a disposer fails', async () => {
    const app = make();
    const journal = new Journal();
    app.addHook('onClose', async () => journal.add('before the plugin'));
    await app.register(di, {
      container: defineContainer().singleton(A, [], () => 'a', {
        dispose: () => {
          throw new Error('cannot end');
        },
      }),
    });
    app.addHook('onClose', async () => journal.add('after the plugin'));
    await listen(app);
    await expect(app.close()).rejects.toMatchObject({
      code: 'CATZ_DI_DISPOSE_FAILED',
      errors: [expect.objectContaining({ message: expect.stringContaining('cannot end') })],
    });
    expect(journal.entries).toEqual(['after the plugin', 'before the plugin']);
    expect(app.server.listening).toBe(false);
  });

  it('waits for handlers whose client has left when the application closes', async () => {
    const app = make();
    const journal = new Journal();
    const go = gate();
    await app.register(di, {
      container: defineContainer()
        .singleton(A, [], () => 'a', { dispose: () => journal.add('a ends') })
        .scoped(B, [A], (a) => `${a}b`, { dispose: () => journal.add('b ends') }),
    });
    await app.ready();
    const scope = app.di.createScope({ kind: 'task' });
    scope.get(B);
    scope.hold(go.passed);
    const closing = app.close();
    await turns();
    expect(journal.entries).toEqual([]);
    go.open();
    void go.passed.then(async () => scope.close());
    await closing;
    expect(journal.entries).toEqual(['b ends', 'a ends']);
  });

  it('is ready for nothing before the application is', async () => {
    const app = makeApp(make);
    await app.register(di, { container: defineContainer().value(A, 'a') });
    expect(() => app.di.get(A)).toThrow(coded('CATZ_DI_NOT_STARTED') as Error);
    expect(() => app.di.container).toThrow(coded('CATZ_DI_NOT_STARTED') as Error);
    await app.ready();
    expect(app.di.get(A)).toBe('a');
    expect(app.di.has(A)).toBe(true);
    expect(app.di.has(B)).toBe(false);
    expect(app.di.container.get(A)).toBe('a');
  });

  it('gives what has a key, and all of many', async () => {
    const app = makeApp(make);
    const Many = multiToken<string>('many');
    await app.register(di, {
      container: defineContainer()
        .keyed(A, 'k', [], () => 'keyed')
        .multi(Many, [], () => 'one')
        .multi(Many, [], () => 'two'),
    });
    await app.ready();
    expect(app.di.getKeyed(A, 'k')).toBe('keyed');
    expect(app.di.has(A, 'k')).toBe(true);
    expect(app.di.getAll(Many)).toEqual(['one', 'two']);
  });

  it('can be closed without having been ready', async () => {
    const app = make();
    await app.register(di, { container: defineContainer() });
    await app.close();
  });

  it('is registered once in a context', async () => {
    const app = makeApp(make);
    await app.register(di, { container: defineContainer() });
    await expect(app.register(di, { container: defineContainer() })).rejects.toThrow(
      coded('CATZ_DI_REGISTERED_TWICE') as Error,
    );
  });

  it('provides the server and its log', async () => {
    const app = makeApp(make);
    const Port = token<unknown>('port');
    await app.register(di, {
      container: defineContainer().singleton(Port, [Server, Log], (server, log) => [server, log]),
    });
    await app.ready();
    expect(app.di.get(Port)).toEqual([app, app.log]);
  });

  it('shares nothing between two applications', async () => {
    const Counter = token<{ n: number }>('counter');
    const container = defineContainer().singleton(Counter, [], () => ({ n: 0 }));
    const apps = [makeApp(make), makeApp(make)];
    for (const app of apps) {
      await app.register(di, { container });
      app.get(
        '/',
        inject([Counter], (_request, _reply, counter) => String(++counter.n)),
      );
    }
    for (const app of apps) {
      expect((await app.inject('/')).body).toBe('1');
      expect(app.di.stats().scopes.opened).toBe(1);
    }
  });

  it('runs work in a scope of its own', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    await app.register(di, {
      container: defineContainer().scoped(A, [], () => 'a', { dispose: () => journal.add('end') }),
    });
    await app.ready();
    const got = await app.di.runInScope({ kind: 'task', label: 'job' }, async (scope) => {
      await turns(1);
      journal.add(`${scope.kind} ${scope.label}`);
      return scope.get(A);
    });
    expect(got).toBe('a');
    expect(journal.entries).toEqual(['task job', 'end']);
  });

  it('draws its graph', async () => {
    const app = makeApp(make);
    const container = defineContainer()
      .value(A, 'a')
      .scoped(B, [A], (a) => a);
    await app.register(di, { container });
    await app.ready();
    expect(app.di.graph().nodes.map(({ token: name }) => name)).toEqual(
      expect.arrayContaining(['a', 'b']),
    );
  });
});

describe('the example of the documentation', () => {
  it('runs', async () => {
    const Clock = token<() => Date>('clock');
    const app = Fastify();
    await app.register(di, { container: defineContainer().value(Clock, () => new Date(0)) });
    app.get(
      '/now',
      inject([Clock], async (_request, _reply, clock) => ({ now: clock() })),
    );
    expect((await app.inject('/now')).json()).toEqual({ now: '1970-01-01T00:00:00.000Z' });
    await app.close();
  });
});
