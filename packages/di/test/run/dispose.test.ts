import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { asyncToken, defineContainer, lazy, token } from '../../src/index.ts';
import type { Lazy, Outcome } from '../../src/index.ts';
import { deferred, failureOf, record } from '../support/record.ts';

type Named = { name: string };
const A = token<Named>('a');
const B = token<Named>('b');
const C = token<Named>('c');
const D = token<Named>('d');
const ok: Outcome = { ok: true, aborted: false };

describe('disposal', () => {
  it('goes in reverse order of dependency, one after the other, each awaited', async () => {
    const { events, made, goneLater } = record();
    const container = await defineContainer()
      .singleton(A, [], made('a'), { dispose: goneLater('a') })
      .singleton(B, [A], made('b'), { dispose: goneLater('b') })
      .singleton(C, [A, B], made('c'), { dispose: goneLater('c') })
      .start();
    events.length = 0;
    await container.close();
    expect(events).toEqual(['-c', '~c', '-b', '~b', '-a', '~a']);
  });

  it('goes by dependency, not by creation, which a lazy dependency turns round', async () => {
    const { events, made, gone } = record();
    await using container = await defineContainer()
      .scoped(A, [lazy(B)], (b: Lazy<Named>) => ({ name: 'a', use: () => b.get() }), {
        dispose: gone('a'),
      })
      .scoped(B, [], made('b'), { dispose: gone('b') })
      .start();
    const scope = container.createScope();
    const a = scope.get(A) as Named & { use(): Named };
    a.use();
    expect(events).toEqual(['+b']);
    void scope.dispose(ok);
    expect(events).toEqual(['+b', '-a', '-b']);
  });

  it('is synchronous, and gives no promise, until a disposer is asynchronous', async () => {
    const { made, gone, goneLater } = record();
    await using container = await defineContainer()
      .scoped(A, [], made('a'), { dispose: gone('a') })
      .scoped(B, [], made('b'), { dispose: goneLater('b') })
      .scoped(C, [], made('c'))
      .start();
    const sync = container.createScope();
    sync.get(A);
    sync.get(C);
    expect(sync.dispose(ok)).toBeUndefined();
    expect(sync.dispose(ok)).toBeUndefined();
    const later = container.createScope();
    later.get(B);
    const ending = later.dispose(ok);
    expect(ending).toBeInstanceOf(Promise);
    expect(later.dispose(ok)).toBe(ending);
    await ending;
  });

  it('runs each disposer once, and none for what was not made', async () => {
    const { events, made, gone } = record();
    await using container = await defineContainer()
      .scoped(A, [], made('a'), { dispose: gone('a') })
      .scoped(B, [], made('b'), { dispose: gone('b') })
      .start();
    const scope = container.createScope();
    scope.get(A);
    scope.get(A);
    void scope.dispose(ok);
    await scope.close();
    expect(events).toEqual(['+a', '-a']);
  });

  it('goes on after a disposer that fails, and tells all errors in one', async () => {
    const { events, made, gone } = record();
    const fail = (name: string) => (): never => {
      events.push(`!${name}`);
      throw new Error(name);
    };
    const container = await defineContainer({ name: 'app' })
      .singleton(A, [], made('a'), { dispose: gone('a') })
      .singleton(B, [A], made('b'), { dispose: fail('b') })
      .singleton(C, [B], made('c'), { dispose: async () => fail('c')() })
      .singleton(D, [C], made('d'), { dispose: gone('d') })
      .start();
    events.length = 0;
    const error = await failureOf(() => container.close());
    expect(events).toEqual(['-d', '!c', '!b', '-a']);
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.code).toBe('CATZ_DI_DISPOSE_FAILED');
    expect(error.errors!.map(({ message }) => message)).toEqual(['c', 'b']);
    expect(error.message).toBe('2 disposers of container app failed:\n- c: c\n- b: b');
    expect(
      container
        .stats()
        .tokens.map(({ token: name, disposed, disposeErrors, live }) => [
          name,
          disposed,
          disposeErrors,
          live,
        ]),
    ).toEqual([
      ['a', 1, 0, 0],
      ['b', 0, 1, 0],
      ['c', 0, 1, 0],
      ['d', 1, 0, 0],
    ]);
  });

  it('throws at once where everything is synchronous', async () => {
    await using container = await defineContainer()
      .scoped(A, [], () => ({ name: 'a' }), {
        dispose: () => {
          throw new Error('stuck');
        },
      })
      .start();
    const scope = container.createScope({ label: 'GET /a' });
    scope.get(A);
    expect(() => scope.dispose(ok)).toThrow(
      expect.objectContaining({
        code: 'CATZ_DI_DISPOSE_FAILED',
        message: '1 disposer of the scope of GET /a failed:\n- a: stuck',
      }),
    );
    expect(container.stats().scopes.active).toBe(0);
  });

  it('does not wait longer than disposeTimeout for one disposer', async () => {
    const { events, made, gone } = record();
    const container = await defineContainer()
      .singleton(A, [], made('a'), { dispose: gone('a') })
      .singleton(B, [A], made('b'), { dispose: () => new Promise(() => {}) })
      .start({ disposeTimeout: 20 });
    const error = await failureOf(() => container.close());
    expect(error.errors).toMatchObject([
      { code: 'CATZ_DI_DISPOSE_TIMEOUT', message: 'the disposer of b has not ended within 20 ms' },
    ]);
    expect(events).toEqual(['+a', '+b', '-a']);
  });

  it('leaves no timer of a disposer that has ended', async () => {
    const { made, goneLater } = record();
    const container = await defineContainer()
      .singleton(A, [], made('a'), { dispose: goneLater('a') })
      .start();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const closing = container.close();
    await turn();
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives every disposer the outcome', async () => {
    const outcomes: Outcome[] = [];
    await using container = await defineContainer()
      .scoped(A, [], () => ({ name: 'a' }), { dispose: (_, outcome) => outcomes.push(outcome) })
      .start();
    const error = new Error('no');
    for (const outcome of [ok, { ok: false, error, aborted: true }]) {
      const scope = container.createScope();
      scope.get(A);
      void scope.dispose(outcome);
    }
    const scope = container.createScope({ signal: AbortSignal.abort() });
    scope.get(A);
    await scope.close();
    expect(outcomes).toEqual([
      ok,
      { ok: false, error, aborted: true },
      { ok: true, aborted: true },
    ]);
  });
});

describe('how a service is disposed', () => {
  it('is by its own symbol, the asynchronous one first, also of classes and functions', async () => {
    const events: string[] = [];
    const both = {
      [Symbol.asyncDispose]: async () => void events.push('async'),
      [Symbol.dispose]: () => void events.push('sync'),
    };
    const callable = Object.assign(() => {}, {
      [Symbol.dispose]: () => void events.push('function'),
    });
    class Own {
      [Symbol.dispose](): void {
        events.push(this instanceof Own ? 'class' : 'wrong this');
      }
    }
    const Both = token<object>('both');
    const Callable = token<object>('callable');
    const OfClass = token<Own>('of class');
    const container = await defineContainer()
      .singleton(Both, [], () => both)
      .singleton(Callable, [], () => callable)
      .class(OfClass, 'singleton', [], Own)
      .start();
    await container.close();
    expect(events.toSorted()).toEqual(['async', 'class', 'function']);
  });

  it('is not at all with dispose: false, and for values, aliases and overrides by value', async () => {
    const events: string[] = [];
    const own = (name: string) => ({ name, [Symbol.dispose]: () => void events.push(name) });
    const container = await defineContainer()
      .value(A, own('value'))
      .alias(B, A)
      .singleton(C, [], () => own('left alone'), { dispose: false })
      .singleton(D, [], () => own('replaced'))
      .override(D, { value: own('override') })
      .start();
    await container.close();
    expect(events).toEqual([]);
  });

  it('is by a disposer of a value that has one, in its turn', async () => {
    const { events, made, gone } = record();
    const container = await defineContainer()
      .value(A, { name: 'a' }, { dispose: gone('a') })
      .singleton(B, [A], made('b'), { dispose: gone('b') })
      .start();
    await container.close();
    expect(events).toEqual(['+b', '-b', '-a']);
  });

  it('is not by who only hands on a dependency', async () => {
    const events: string[] = [];
    const own = (name: string) => ({ name, [Symbol.dispose]: () => void events.push(name) });
    const container = await defineContainer()
      .singleton(A, [], () => own('singleton'))
      .scoped(B, [A], (a) => a)
      .transient(C, [], () => own('transient'))
      .scoped(D, [C], (c) => c)
      .start();
    const scope = container.createScope();
    scope.get(B);
    scope.get(D);
    void scope.dispose(ok);
    expect(events).toEqual(['transient']);
    await container.close();
    expect(events).toEqual(['transient', 'singleton']);
  });

  it('is by the rest of a generator, with the outcome, also of async ones and singletons', async () => {
    const events: unknown[] = [];
    const Later = asyncToken<Named>('later');
    const container = await defineContainer()
      .singleton(A, [], async function* () {
        await turn();
        yield { name: 'a' };
        events.push('a ends');
      })
      .scoped(B, [A], function* (a) {
        const outcome = yield { name: `of ${a.name}` };
        events.push(outcome);
      })
      .scoped(Later, [B], async function* (b) {
        try {
          yield { name: `later ${b.name}` };
        } finally {
          await turn();
          events.push('later ends');
        }
      })
      .start();
    const scope = container.createScope();
    expect(scope.get(B)).toBe(scope.get(B));
    expect((await scope.get(Later)).name).toBe('later of a');
    await scope.dispose({ ok: false, aborted: true });
    expect(events).toEqual(['later ends', { ok: false, aborted: true }]);
    await container.close();
    expect(events.at(-1)).toBe('a ends');
  });

  it('refuses a generator that yields never, or more than once', async () => {
    const Later = asyncToken<Named>('later');
    await using container = await defineContainer()
      .scoped(A, [], function* () {} as never)
      .scoped(B, [], function* () {
        yield { name: 'b' };
        yield { name: 'again' };
      })
      .scoped(Later, [], async function* () {
        yield { name: 'c' };
        yield { name: 'again' };
      })
      .start();
    const scope = container.createScope();
    expect(() => scope.get(A)).toThrow(
      expect.objectContaining({
        code: 'CATZ_DI_FACTORY_FAILED',
        cause: expect.objectContaining({
          message: expect.stringContaining('to yield its service'),
        }),
      }),
    );
    scope.get(B);
    await scope.get(Later);
    const error = await failureOf(() => scope.dispose(ok));
    expect(error.errors!.map(({ message }) => message)).toEqual([
      expect.stringContaining('generator of later to yield once'),
      expect.stringContaining('generator of b to yield once'),
    ]);
  });
});

describe('transients with a disposer', () => {
  it('belong to the scope that made them, and go before what they use and after who uses them', async () => {
    const { events, made, gone } = record();
    let count = 0;
    await using container = await defineContainer()
      .scoped(A, [], made('a'), { dispose: gone('a') })
      .transient(B, [A], () => ({ name: `b${count++}` }), {
        dispose: (b) => events.push(`-${b.name}`),
      })
      .scoped(C, [B], made('c'), { dispose: gone('c') })
      .start();
    const scope = container.createScope();
    scope.get(C);
    scope.get(B);
    scope.get(B);
    expect(container.stats().tokens[1]).toMatchObject({ token: 'b', created: 3, live: 3 });
    void scope.dispose(ok);
    expect(events).toEqual(['+a', '+c', '-c', '-b2', '-b1', '-b0', '-a']);
    expect(container.stats().tokens[1]).toMatchObject({ live: 0, disposed: 3 });
  });

  it('cannot be got from the container', async () => {
    const { made, gone } = record();
    await using container = await defineContainer()
      .transient(A, [], made('a'), { dispose: gone('a') })
      .transient(B, [], made('b'))
      .start();
    expect(() => container.get(A)).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_TRANSIENT_OWNER' }),
    );
    expect(container.get(B)).not.toBe(container.get(B));
  });

  it('belong to the singleton they were made for when only the instance tells, and to nobody when got by hand', async () => {
    const events: string[] = [];
    let count = 0;
    const container = await defineContainer()
      .transient(A, [], () => {
        const name = `a${count++}`;
        return { name, [Symbol.dispose]: () => void events.push(`-${name}`) };
      })
      .singleton(B, [A], (a) => ({ name: `of ${a.name}` }), { dispose: () => events.push('-b') })
      .start();
    container.get(A);
    await container.close();
    expect(events).toEqual(['-b', '-a0']);
  });

  it('that are async belong to the scope as well', async () => {
    const { events, madeLater, gone } = record();
    const Later = asyncToken<Named>('later');
    await using container = await defineContainer()
      .transient(Later, [], madeLater('x'), { dispose: gone('x') })
      .start();
    const scope = container.createScope();
    const [one, two] = await Promise.all([scope.get(Later), scope.get(Later)]);
    expect(one).not.toBe(two);
    await scope.dispose(ok);
    expect(events).toEqual(['+x', '+x', '-x', '-x']);
  });
});

describe('disposers at the handler', () => {
  const define = (events: string[], fail?: string) => {
    const dispose = (name: string) => (_: unknown, outcome: Outcome) => {
      events.push(`-${name} ${outcome.ok ? 'ok' : 'not ok'}`);
      if (name === fail) throw new Error(name);
    };
    const { made } = record();
    return defineContainer()
      .scoped(A, [], made('a'), { dispose: dispose('a'), disposeAt: 'handler' })
      .scoped(B, [A], made('b'), { dispose: dispose('b'), disposeAt: 'handler' })
      .scoped(C, [], made('c'), { dispose: dispose('c') });
  };

  it('run when it has settled, the others with the scope', async () => {
    const events: string[] = [];
    await using container = await define(events).start();
    const scope = container.createScope();
    scope.get(B);
    scope.get(C);
    expect(scope.endHandler(ok)).toBeUndefined();
    expect(scope.endHandler(ok)).toBeUndefined();
    expect(events).toEqual(['-b ok', '-a ok']);
    void scope.dispose(ok);
    expect(events).toEqual(['-b ok', '-a ok', '-c ok']);
  });

  it('run once, and give the same promise to all who end the handler', async () => {
    const { events, made, goneLater } = record();
    await using container = await defineContainer()
      .scoped(A, [], made('a'), { dispose: goneLater('a'), disposeAt: 'handler' })
      .start();
    const scope = container.createScope();
    scope.get(A);
    const ending = scope.endHandler(ok);
    expect(ending).toBeInstanceOf(Promise);
    expect(scope.endHandler(ok)).toBe(ending);
    await ending;
    await scope.close();
    expect(events).toEqual(['+a', '-a', '~a']);
  });

  it('that fail throw, and make the outcome of the others one that is not ok', async () => {
    const events: string[] = [];
    await using container = await define(events, 'b').start();
    const scope = container.createScope();
    scope.get(B);
    expect(() => scope.endHandler(ok)).toThrow(new Error('b'));
    expect(events).toEqual(['-b ok', '-a not ok']);
    void scope.dispose({ ok: false, aborted: false });
    expect(events).toHaveLength(2);
  });

  it('that fail together make one error', async () => {
    const { made } = record();
    const fail = async (): Promise<never> => {
      throw new Error('no');
    };
    await using container = await defineContainer()
      .scoped(A, [], made('a'), { dispose: fail, disposeAt: 'handler' })
      .scoped(B, [], made('b'), { dispose: fail, disposeAt: 'handler' })
      .start();
    const scope = container.createScope();
    scope.get(A);
    scope.get(B);
    const ending = scope.endHandler(ok);
    const disposing = scope.dispose(ok);
    const error = await failureOf(() => ending);
    expect(error).toMatchObject({
      code: 'CATZ_DI_DISPOSE_FAILED',
      errors: [{ message: 'no' }, { message: 'no' }],
    });
    await disposing;
  });

  it('leave nothing that can be got again', async () => {
    await using container = await define([]).start();
    const scope = container.createScope();
    scope.get(A);
    void scope.endHandler(ok);
    for (const gone of [A, B]) {
      expect(() => scope.get(gone)).toThrow(
        expect.objectContaining({ code: 'CATZ_DI_SCOPE_CLOSED' }),
      );
    }
    expect(scope.get(C).name).toBe('c');
    void scope.dispose(ok);
    const unused = container.createScope({ label: 'GET /a' });
    void unused.endHandler(ok);
    expect(() => unused.get(A)).toThrow(
      'a is disposed when the handler has settled, which it has (GET /a)',
    );
    void unused.dispose(ok);
  });

  it('run at the end where nobody ends a handler', async () => {
    const events: string[] = [];
    await using container = await define(events).start();
    const scope = container.createScope();
    scope.get(B);
    void scope.dispose(ok);
    expect(events).toEqual(['-b ok', '-a ok']);
  });
});

describe('a scope that ends while something is being made', () => {
  const Later = asyncToken<Named>('later');
  const Uses = asyncToken<Named>('uses');

  it('waits for it, and disposes it', async () => {
    const { events, gone } = record();
    const gate = deferred<Named>();
    await using container = await defineContainer()
      .scoped(Later, [], () => gate.promise, { dispose: gone('later') })
      .start();
    const scope = container.createScope();
    const got = scope.get(Later);
    const ending = scope.dispose(ok);
    await turn();
    expect(events).toEqual([]);
    gate.resolve({ name: 'later' });
    await ending;
    expect(events).toEqual(['-later']);
    expect((await got).name).toBe('later');
  });

  it('does not begin what was waiting for it', async () => {
    const { events, made, gone } = record();
    const gate = deferred<Named>();
    await using container = await defineContainer()
      .scoped(Later, [], () => gate.promise, { dispose: gone('later') })
      .scoped(Uses, [Later], made('uses'), { dispose: gone('uses') })
      .start();
    const scope = container.createScope();
    const got = failureOf(() => scope.get(Uses));
    await turn();
    const ending = scope.dispose(ok);
    gate.resolve({ name: 'later' });
    await ending;
    expect((await got).code).toBe('CATZ_DI_SCOPE_CLOSED');
    expect(events).toEqual(['-later']);
  });

  it('has nothing to dispose when it fails', async () => {
    const { events, gone } = record();
    const gate = deferred<Named>();
    await using container = await defineContainer()
      .scoped(Later, [], () => gate.promise, { dispose: gone('later') })
      .start();
    const scope = container.createScope();
    const got = failureOf(() => scope.get(Later));
    const ending = scope.dispose(ok);
    gate.reject(new Error('boom'));
    await ending;
    expect((await got).cause).toMatchObject({ message: 'boom' });
    expect(events).toEqual([]);
    expect(container.stats().tokens[0]).toMatchObject({ created: 0, live: 0 });
  });

  it('does not wait for ever, and releases what comes too late', async () => {
    const { events } = record();
    const gate = deferred<Named>();
    const warned: unknown[] = [];
    const log = {
      debug() {},
      info() {},
      warn() {},
      error: (...all: unknown[]) => warned.push(all[0]),
    };
    await using container = await defineContainer()
      .scoped(Later, [], () => gate.promise, {
        dispose: () => {
          events.push('-later');
          throw new Error('stuck');
        },
      })
      .start({ disposeTimeout: 20, log });
    const scope = container.createScope();
    const got = scope.get(Later);
    const error = await failureOf(() => scope.dispose(ok));
    expect(error.errors).toMatchObject([{ code: 'CATZ_DI_DISPOSE_TIMEOUT' }]);
    gate.resolve({ name: 'later' });
    await got;
    await turn();
    expect(events).toEqual(['-later']);
    expect(warned).toMatchObject([{ code: 'CATZ_DI_DISPOSE_FAILED', err: { message: 'stuck' } }]);
    expect(container.stats().tokens[0]).toMatchObject({ live: 0, disposeErrors: 2 });
  });
});
