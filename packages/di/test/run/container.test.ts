import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ScopeFactory, asyncToken, defineContainer, multiToken, token } from '../../src/index.ts';
import { failureOf, record } from '../support/record.ts';

type Named = { name: string };
const A = token<Named>('a');
const B = token<Named>('b');
const C = token<Named>('c');
const Many = multiToken<string>('many');
const User = token<string>('user');
const named = (name: string) => (): Named => ({ name });

describe('closing a container', () => {
  it('refuses new scopes, waits for open ones, then disposes the singletons', async () => {
    const { events, made, gone } = record();
    const container = await defineContainer({ name: 'app' })
      .singleton(A, [], made('a'), { dispose: gone('a') })
      .scoped(B, [A], made('b'), { dispose: gone('b') })
      .start();
    const scope = container.createScope();
    scope.get(B);
    const closing = container.close();
    await turn();
    expect(container.state).toBe('closing');
    expect(() => container.createScope()).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_CLOSED', message: 'container app is closed' }),
    );
    expect(container.get(A).name).toBe('a');
    expect(scope.child().isOpen).toBe(true);
    expect(events).toEqual(['+a', '+b']);
    await scope.close();
    await closing;
    expect(events).toEqual(['+a', '+b', '-b', '-a']);
    expect(container.state).toBe('closed');
  });

  it('closes what is still open after disposeGrace, counts and reports it with its labels', async () => {
    const { events, made, gone } = record();
    const warned: unknown[][] = [];
    const container = await defineContainer({ name: 'app' })
      .scoped(A, [], made('a'), {
        dispose: (_, outcome) => {
          events.push(outcome.ok ? 'ok' : 'not ok');
          throw new Error('stuck');
        },
      })
      .singleton(B, [], made('b'), { dispose: gone('b') })
      .start({
        disposeGrace: 20,
        log: { debug() {}, info() {}, error() {}, warn: (...all: unknown[]) => warned.push(all) },
      });
    const scope = container.createScope({ label: 'GET /slow' });
    scope.get(A);
    const error = await failureOf(() => container.close());
    expect(error).toMatchObject({ code: 'CATZ_DI_DISPOSE_FAILED', errors: [{ message: 'stuck' }] });
    expect(events).toEqual(['+b', '+a', 'not ok', '-b']);
    expect(scope.isOpen).toBe(false);
    expect(container.stats().scopes).toEqual({ opened: 1, active: 0, forced: 1 });
    expect(warned).toEqual([
      [
        { code: 'CATZ_WARN_DI_FORCED' },
        'container app closes scopes that are still open after 20 ms: GET /slow (1)',
      ],
    ]);
  });

  it('does not wait at all with a grace of 0', async () => {
    const container = await defineContainer().start({
      disposeGrace: 0,
      log: { debug() {}, info() {}, error() {}, warn() {} },
    });
    const scope = container.createScope();
    await container.close();
    expect(scope.isOpen).toBe(false);
  });

  it('during the start waits for its end', async () => {
    const { events, madeLater, gone } = record();
    const container = defineContainer()
      .singleton(A, [], madeLater('a'), { dispose: gone('a') })
      .build();
    const starting = container.start();
    await container.close();
    await starting;
    expect(events).toEqual(['+a', '-a']);
  });

  it('is what await using does', async () => {
    const { events, made, gone } = record();
    {
      await using container = await defineContainer()
        .singleton(A, [], made('a'), { dispose: gone('a') })
        .start();
      await using scope = container.createScope();
      expect(scope.get(A).name).toBe('a');
    }
    expect(events).toEqual(['+a', '-a']);
  });

  it('disposes lazily made singletons in their order of dependency', async () => {
    const { events, made, madeLater, gone } = record();
    const Later = asyncToken<Named>('later');
    const container = await defineContainer()
      .singleton(A, [], made('a'), { start: 'lazy', dispose: gone('a') })
      .singleton(B, [A], made('b'), { start: 'lazy', dispose: gone('b') })
      .singleton(Later, [B], madeLater('later'), { start: 'lazy', dispose: gone('later') })
      .singleton(C, [], made('c'), { start: 'lazy', dispose: gone('c') })
      .start();
    await container.get(Later);
    await container.close();
    expect(events).toEqual(['+a', '+b', '+later', '-later', '-b', '-a']);
    expect(() => container.get(A)).toThrow(expect.objectContaining({ code: 'CATZ_DI_CLOSED' }));
  });
});

describe('two containers', () => {
  it('of one definition share nothing', async () => {
    const definition = defineContainer().singleton(A, [], named('a'));
    await using one = await definition.start();
    await using two = await definition.start();
    expect(one.get(A)).not.toBe(two.get(A));
    expect(one.stats().tokens[0]!.created).toBe(1);
  });

  it('do not take each other’s scopes for an injector', async () => {
    const definition = defineContainer({ name: 'app' }).scoped(A, [], named('a'));
    await using one = await definition.start();
    await using two = await definition.start();
    await using scope = two.createScope();
    expect(() => one.injector([A]).resolve(scope)).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_OPTIONS' }),
    );
  });
});

describe('an injector', () => {
  it('gives values in the order of its tokens, at once or as a promise', async () => {
    const Later = asyncToken<Named>('later');
    await using container = await defineContainer()
      .scoped(A, [], named('a'))
      .scoped(Later, [], async () => ({ name: 'later' }))
      .start();
    await using scope = container.createScope();
    expect(container.injector([]).resolve(scope)).toEqual([]);
    expect(container.injector([A, A]).resolve(scope)).toEqual([{ name: 'a' }, { name: 'a' }]);
    const waiting = container.injector([Later, A]).resolve(scope);
    expect(waiting).toBeInstanceOf(Promise);
    expect(await waiting).toEqual([{ name: 'later' }, { name: 'a' }]);
  });

  it('that was made before the start is checked at its first use, when it has a site', async () => {
    await using container = defineContainer().value(A, { name: 'a' }).build();
    const injector = container.injector([A, B], { where: 'GET /late', kind: 'request' });
    await container.start();
    await using scope = container.createScope();
    expect(() => injector.resolve(scope)).toThrow(
      expect.objectContaining({
        code: 'CATZ_DI_INVALID',
        message: expect.stringContaining('GET /late needs b'),
      }),
    );
    expect(() => container.injector(['x' as never])).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_OPTIONS' }),
    );
  });
});

describe('a child container', () => {
  it('shares the singletons and values of its parent, and has its own besides', async () => {
    const { events, made, gone } = record();
    const parent = await defineContainer({ name: 'root' })
      .value(C, { name: 'c' })
      .singleton(A, [], made('a'), { dispose: gone('a') })
      .start();
    const child = await defineContainer({ name: 'child' })
      .singleton(B, [A, C], made('b'), { dispose: gone('b') })
      .start({ parent });
    expect(child.get(A)).toBe(parent.get(A));
    expect(child.get(C)).toBe(parent.get(C));
    expect(parent.has(B)).toBe(false);
    expect(child.parent).toBe(parent);
    await parent.close();
    expect(events).toEqual(['+a', '+b', '-b', '-a']);
    expect(child.state).toBe('closed');
  });

  it('builds the parent’s scoped and transient services in its own view', async () => {
    await using parent = await defineContainer()
      .singleton(A, [], named('parent'))
      .scoped(B, [A], (a) => ({ name: `scoped over ${a.name}` }))
      .transient(C, [B], (b) => ({ name: `transient over ${b.name}` }))
      .seed(User)
      .start();
    await using child = await defineContainer().singleton(A, [], named('child')).start({ parent });
    await using own = child.createScope({ seeds: [[User, 'ada']] });
    await using outer = parent.createScope();
    expect([own.get(C).name, outer.get(C).name]).toEqual([
      'transient over scoped over child',
      'transient over scoped over parent',
    ]);
    expect(own.get(User)).toBe('ada');
  });

  it('adds its own to those of many, and can override the parent’s for itself', async () => {
    await using parent = await defineContainer()
      .multi(Many, [], () => 'parent')
      .singleton(A, [], named('real'))
      .start();
    await using child = await defineContainer()
      .multi(Many, [], () => 'child')
      .override(A, { value: { name: 'fake' } })
      .start({ parent });
    expect([parent.getAll(Many), child.getAll(Many)]).toEqual([['parent'], ['parent', 'child']]);
    expect([parent.get(A).name, child.get(A).name]).toEqual(['real', 'fake']);
    await using other = await defineContainer()
      .override(Many, { value: ['only this'] })
      .start({ parent });
    expect([parent.getAll(Many), other.getAll(Many)]).toEqual([['parent'], ['only this']]);
  });

  it('does not change what a parent singleton has, warns of it, and marks it in the graph', async () => {
    const warned: { code: string }[] = [];
    const log = {
      debug() {},
      info() {},
      error() {},
      warn: (one: unknown) => warned.push(one as { code: string }),
    };
    await using parent = await defineContainer({ name: 'root' })
      .singleton(A, [], named('parent'))
      .transient(C, [A], (a) => a)
      .singleton(B, [C], (c) => ({ name: `over ${c.name}` }))
      .start();
    await using child = await defineContainer({ name: 'child' })
      .singleton(A, [], named('child'))
      .start({ parent, log });
    expect(child.get(B).name).toBe('over parent');
    expect(warned).toMatchObject([{ code: 'CATZ_WARN_DI_PARTIAL_OVERRIDE' }]);
    expect(child.warnings()[0]).toMatchObject({
      path: ['b', 'c', 'a'],
      message: expect.stringContaining('b of root keeps the a of root, though child has its own'),
    });
    expect(
      child
        .graph()
        .nodes.filter(({ partial }) => partial)
        .map(({ token: name }) => name),
    ).toEqual(['b']);
    expect(parent.graph().nodes.some(({ partial }) => partial)).toBe(false);
  });

  it('starts its parent when nobody has, and is refused by a closed one', async () => {
    const { events, made } = record();
    const parent = defineContainer().singleton(A, [], made('a'), { start: 'lazy' }).build();
    const child = await defineContainer().singleton(B, [A], made('b')).start({ parent });
    expect([parent.state, events]).toEqual(['started', ['+a', '+b']]);
    await parent.close();
    expect(child.state).toBe('closed');
    expect(() => defineContainer().build({ parent })).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_CLOSED' }),
    );
  });

  it('gives its own ScopeFactory, and closes its scopes with the parent’s', async () => {
    const parent = await defineContainer().scoped(A, [], named('parent')).start();
    const child = await defineContainer().scoped(A, [], named('child')).start({ parent });
    const names = await Promise.all(
      [parent, child].map((one) =>
        one.get(ScopeFactory).runInScope({}, (scope) => scope.get(A).name),
      ),
    );
    expect(names).toEqual(['parent', 'child']);
    const scope = child.createScope();
    const closing = parent.close();
    expect(() => child.createScope()).toThrow(expect.objectContaining({ code: 'CATZ_DI_CLOSED' }));
    await turn();
    expect(parent.state).toBe('closing');
    await scope.close();
    await closing;
  });

  it('tells the errors of its disposers to the parent that closes it', async () => {
    const stuck = (name: string) => ({
      dispose: () => {
        throw new Error(name);
      },
    });
    const parent = await defineContainer({ name: 'root' })
      .singleton(A, [], named('a'), stuck('a'))
      .start();
    await defineContainer().singleton(B, [], named('b'), stuck('b')).start({ parent });
    const error = await failureOf(() => parent.close());
    expect(error.errors!.map(({ message }) => message)).toEqual(['b', 'a']);
    expect(error.message).toBe('2 disposers of container root failed');
  });
});

describe('the counters', () => {
  it('are those of what happened', async () => {
    const { made, gone } = record();
    const container = await defineContainer({ name: 'app' })
      .value(C, { name: 'c' })
      .singleton(A, [], made('a'), { dispose: gone('a') })
      .scoped(B, [A], made('b'), { dispose: gone('b') })
      .start();
    const scopes = [container.createScope(), container.createScope()];
    for (const scope of scopes) scope.get(B);
    void scopes[0]!.dispose({ ok: true, aborted: false });
    expect(container.stats()).toEqual({
      name: 'app',
      state: 'started',
      tokens: [
        { token: 'c', lifetime: 'value', created: 0, live: 0, disposed: 0, disposeErrors: 0 },
        { token: 'a', lifetime: 'singleton', created: 1, live: 1, disposed: 0, disposeErrors: 0 },
        { token: 'b', lifetime: 'scoped', created: 2, live: 1, disposed: 1, disposeErrors: 0 },
      ],
      scopes: { opened: 2, active: 1, forced: 0 },
    });
    await scopes[1]!.close();
    await container.close();
    expect(container.stats().tokens.map(({ live, disposed }) => [live, disposed])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
  });

  it('count as disposed only what had something to dispose', async () => {
    const own = { name: 'b', [Symbol.dispose]: () => {} };
    await using container = await defineContainer()
      .scoped(A, [], named('a'))
      .scoped(B, [], () => own)
      .scoped(C, [], named('c'), { dispose: false })
      .start();
    await container.runInScope({}, (scope) => [scope.get(A), scope.get(B), scope.get(C)]);
    expect(
      container.stats().tokens.map(({ created, live, disposed }) => [created, live, disposed]),
    ).toEqual([
      [1, 0, 0],
      [1, 0, 1],
      [1, 0, 0],
    ]);
  });

  it('measure factories only when they are told to', async () => {
    const definition = defineContainer()
      .transient(A, [], named('a'))
      .singleton(B, [], async () => ({ name: 'b' }));
    await using container = await definition.start({ timings: true });
    container.get(A);
    container.get(A);
    for (const [i, count] of [2, 1].entries()) {
      const { createMs } = container.stats().tokens[i]!;
      expect(createMs!.count).toBe(count);
      expect(createMs!.sum).toBeGreaterThanOrEqual(createMs!.max);
    }
    await using without = await definition.start();
    expect(without.stats().tokens[0]).not.toHaveProperty('createMs');
  });
});
