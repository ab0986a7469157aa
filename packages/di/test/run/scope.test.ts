import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  CurrentReply,
  CurrentRequest,
  Log,
  ScopeFactory,
  ScopeInfo,
  Signal,
  all,
  asyncToken,
  defineContainer,
  keyed,
  lazy,
  multiToken,
  optional,
  token,
} from '../../src/index.ts';
import type { Logger } from '../../src/index.ts';
import { deferred, failureOf, record } from '../support/record.ts';

type Named = { name: string };
const A = token<Named>('a');
const B = token<Named>('b');
const C = token<Named>('c');
const Later = asyncToken<Named>('later');
const Uses = asyncToken<Named>('uses');
const User = token<string | null>('user');
const ok = { ok: true, aborted: false };

describe('a scope', () => {
  it('has one instance of each scoped service, and no other scope has it', async () => {
    const { made } = record();
    await using container = await defineContainer()
      .singleton(C, [], made('c'))
      .scoped(A, [C], made('a'))
      .scoped(B, [A], (a) => a)
      .start();
    await using one = container.createScope();
    await using two = container.createScope();
    expect(one.get(A)).toBe(one.get(A));
    expect(one.get(B)).toBe(one.get(A));
    expect(one.get(A)).not.toBe(two.get(A));
    expect(one.get(C)).toBe(two.get(C));
  });

  it('makes a transient each time', async () => {
    const { made } = record();
    await using container = await defineContainer().transient(A, [], made('a')).start();
    await using scope = container.createScope();
    expect(scope.get(A)).not.toBe(scope.get(A));
  });

  it('gives keyed services, many, and says what it has', async () => {
    const Many = multiToken<Named>('many');
    const { made } = record();
    await using container = await defineContainer()
      .keyed(A, 'x', [], made('x'), { lifetime: 'scoped' })
      .keyed(Later, 'y', [], async () => ({ name: 'y' }), { lifetime: 'scoped' })
      .multi(Many, [], made('m'), { lifetime: 'scoped' })
      .scoped(B, [keyed(A, 'x'), all(Many)], (x, many) => ({ name: x.name + many.length }))
      .start();
    await using scope = container.createScope();
    expect(scope.getKeyed(A, 'x')).toBe(scope.getKeyed(A, 'x'));
    expect((await scope.getKeyed(Later, 'y')).name).toBe('y');
    expect(scope.getAll(Many)).toEqual([{ name: 'm' }]);
    expect(scope.get(B).name).toBe('x1');
    expect([scope.has(A), scope.has(A, 'x'), scope.has(Many), scope.has(CurrentRequest)]).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });

  it('refuses what nobody provides, and tokens of the wrong kind', async () => {
    const Many = multiToken<Named>('many');
    await using container = await defineContainer({ name: 'app' }).start();
    await using scope = container.createScope();
    expect(() => scope.get(A)).toThrow(
      expect.objectContaining({
        code: 'CATZ_DI_MISSING',
        message: 'a is provided by nobody in app',
      }),
    );
    expect(() => scope.getKeyed(A, 'k')).toThrow(/a\["k"\]/);
    for (const use of [
      () => scope.get(Many as never),
      () => scope.get('a' as never),
      () => scope.getAll(A as never),
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: 'CATZ_DI_OPTIONS' }));
    }
  });

  it('is needed for what is scoped: the container refuses it', async () => {
    const { made } = record();
    await using container = await defineContainer().scoped(A, [], made('a')).seed(User).start();
    for (const scoped of [A, User, CurrentRequest]) {
      expect(() => container.get(scoped as never)).toThrow(
        expect.objectContaining({ code: 'CATZ_DI_SCOPE_NEEDED' }),
      );
    }
  });

  it('gives nothing once it is closed', async () => {
    const { made } = record();
    const Many = multiToken<Named>('many');
    await using container = await defineContainer()
      .scoped(A, [], made('a'))
      .scoped(B, [lazy(C)], (c) => ({ name: 'b', use: () => c.get() }))
      .scoped(C, [], made('c'))
      .seed(User)
      .start();
    const scope = container.createScope({ label: 'GET /x' });
    const b = scope.get(B) as Named & { use(): Named };
    void scope.dispose(ok);
    expect(scope.isOpen).toBe(false);
    for (const use of [
      () => scope.get(A),
      () => scope.getKeyed(A, 1),
      () => scope.getAll(Many),
      () => scope.seed(User, 'x'),
      () => scope.hold(Promise.resolve()),
      () => scope.child(),
      () => b.use(),
      () => container.injector([A]).resolve(scope),
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: 'CATZ_DI_SCOPE_CLOSED' }));
    }
    expect(() => scope.get(A)).toThrow('the scope of GET /x is closed');
  });

  it('refuses options that do not exist', async () => {
    await using container = await defineContainer().start();
    expect(() => container.createScope({ seed: [] } as never)).toThrow(
      expect.objectContaining({
        code: 'CATZ_DI_OPTIONS',
        message: 'unknown option options.seed, did you mean seeds?',
      }),
    );
    expect(() => container.createScope({ other: 1 } as never)).toThrow(/known are kind, seeds/);
    expect(() => container.createScope(null as never)).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_OPTIONS' }),
    );
  });
});

describe('async scoped services', () => {
  it('are made once for concurrent gets, which share a promise', async () => {
    const { events, madeLater } = record();
    await using container = await defineContainer()
      .scoped(Later, [], madeLater('later'))
      .scoped(Uses, [Later, lazy(Later), optional(Later)], async (later, handle, same) => {
        expect(await handle.get()).toBe(later);
        expect(same).toBe(later);
        return { name: `of ${later.name}` };
      })
      .scoped(A, [lazy(Uses)], (uses) => ({ name: 'a', use: () => uses.get() }))
      .start();
    await using scope = container.createScope();
    expect(scope.get(Later)).toBe(scope.get(Later));
    const [one, two] = await Promise.all([scope.get(Uses), scope.get(Uses)]);
    expect(one).toBe(two);
    expect(one.name).toBe('of later');
    expect(await (scope.get(A) as Named & { use(): Promise<Named> }).use()).toBe(one);
    expect(events).toEqual(['+later']);
  });

  it('that reject are dropped, so that the next get tries again', async () => {
    let tries = 0;
    const { gone, events } = record();
    await using container = await defineContainer()
      .scoped(
        Later,
        [],
        async () => {
          if (tries++ === 0) throw new Error('first');
          return { name: 'later' };
        },
        { dispose: gone('later') },
      )
      .start();
    const scope = container.createScope();
    const both = [scope.get(Later), scope.get(Later)];
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
    ]);
    expect((await scope.get(Later)).name).toBe('later');
    expect(tries).toBe(2);
    await scope.close();
    expect(events).toEqual(['-later']);
  });

  it('begin at the same time when they do not need each other', async () => {
    const events: string[] = [];
    const gate = deferred<Named>();
    const Other = asyncToken<Named>('other');
    await using container = await defineContainer()
      .scoped(Later, [], () => (events.push('later'), gate.promise))
      .scoped(Other, [], () => (events.push('other'), gate.promise))
      .scoped(Uses, [Later, Other], (later) => later)
      .start();
    await using scope = container.createScope();
    const got = scope.get(Uses);
    expect(events).toEqual(['later', 'other']);
    gate.resolve({ name: 'x' });
    expect((await got).name).toBe('x');
  });

  it('leave no rejection behind when a synchronous one fails beside them', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listen);
    await using container = await defineContainer()
      .scoped(Later, [], async () => {
        throw new Error('later');
      })
      .scoped(A, [], () => {
        throw new Error('a');
      })
      .scoped(Uses, [Later, A], () => ({ name: '' }))
      .start();
    const scope = container.createScope();
    const error = await failureOf(() => scope.get(Uses));
    expect(error).toMatchObject({ code: 'CATZ_DI_FACTORY_FAILED', path: ['uses', 'a'] });
    expect(() => container.injector([Later, A]).resolve(scope)).toThrow();
    await turn();
    await turn();
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
    await scope.close();
  });

  it('do not await values that only look like promises', async () => {
    const query = Object.assign(
      { name: 'query' },
      { ['then' as string]: () => expect.fail('it was awaited') },
    );
    await using container = await defineContainer()
      .scoped(A, [], () => query)
      .scoped(Later, [], async () => ({ name: 'later' }))
      .scoped(Uses, [A, Later], (a, later) => ({ name: `${a.name} ${later.name}` }))
      .start();
    await using scope = container.createScope();
    expect((await scope.get(Uses)).name).toBe('query later');
    const values = await container.injector([A, Later]).resolve(scope);
    expect(values[0]).toBe(query);
  });
});

describe('a factory that fails', () => {
  it('is named with the path to it, the cause is kept, and nothing else is told', async () => {
    const boom = new Error('password: secret');
    let tries = 0;
    await using container = await defineContainer()
      .scoped(C, [], () => {
        tries++;
        throw boom;
      })
      .scoped(B, [C], () => ({ name: '' }))
      .scoped(A, [B], () => ({ name: '' }))
      .start();
    await using scope = container.createScope();
    for (let i = 0; i < 2; i++) {
      const error = await failureOf(() => scope.get(A));
      expect(error).toMatchObject({
        code: 'CATZ_DI_FACTORY_FAILED',
        message: 'the factory of c failed (a -> b -> c)',
        path: ['a', 'b', 'c'],
      });
      expect(error.cause).toBe(boom);
    }
    expect(tries).toBe(2);
  });

  it('is let through when it is an answer, and keeps the status of a failure', async () => {
    const answer = Object.assign(new Error('who are you?'), { statusCode: 401 });
    const failure = Object.assign(new Error('later'), { statusCode: 503 });
    await using container = await defineContainer()
      .scoped(C, [], () => {
        throw answer;
      })
      .scoped(B, [C], () => ({ name: '' }))
      .scoped(Later, [], async () => {
        throw failure;
      })
      .scoped(A, [], () => {
        throw 'a text';
      })
      .start();
    await using scope = container.createScope();
    expect(await failureOf(() => scope.get(B))).toBe(answer);
    expect(await failureOf(() => scope.get(Later))).toMatchObject({
      code: 'CATZ_DI_FACTORY_FAILED',
      statusCode: 503,
      cause: failure,
    });
    expect(await failureOf(() => scope.get(A))).toMatchObject({ cause: 'a text', statusCode: 500 });
  });

  it('is named with the path through asynchronous services too, for each that waits', async () => {
    const boom = new Error('boom');
    await using container = await defineContainer()
      .scoped(Later, [], async () => {
        await turn();
        throw boom;
      })
      .scoped(Uses, [Later], () => ({ name: '' }))
      .start();
    await using scope = container.createScope();
    const both = await Promise.all([
      failureOf(() => scope.get(Uses)),
      failureOf(() => scope.get(Later)),
    ]);
    expect(both).toMatchObject([
      { path: ['uses', 'later'], cause: boom },
      { path: ['later'], cause: boom },
    ]);
  });

  it('is one that gives a promise where its token says there is none', async () => {
    await using container = await defineContainer()
      .scoped(A, [], (() => Promise.reject(new Error('unheard'))) as never)
      .start();
    await using scope = container.createScope();
    expect(await failureOf(() => scope.get(A))).toMatchObject({
      code: 'CATZ_DI_FACTORY_FAILED',
      cause: { message: expect.stringContaining('make its token an asyncToken') },
    });
  });

  it('is one that uses a lazy dependency on itself', async () => {
    await using container = await defineContainer()
      .scoped(A, [lazy(B)], (b) => b.get())
      .scoped(B, [A], (a) => a)
      .start();
    await using scope = container.createScope();
    expect(await failureOf(() => scope.get(A))).toMatchObject({ code: 'CATZ_DI_CYCLE' });
  });
});

describe('seeds', () => {
  it('have the value of the options or of seed(), null and undefined included', async () => {
    const Nothing = token<undefined>('nothing');
    await using container = await defineContainer()
      .seed(User)
      .seed(Nothing)
      .scoped(A, [User], (user) => ({ name: String(user) }))
      .start();
    await using one = container.createScope({
      seeds: [
        [User, null],
        [Nothing, undefined],
      ],
    });
    expect([one.get(User), one.get(Nothing), one.get(A).name]).toEqual([null, undefined, 'null']);
    await using two = container.createScope();
    two.seed(User, 'ada');
    expect(two.get(A).name).toBe('ada');
    await using three = container.testScope([[User, 'test']]);
    expect([three.get(User), three.kind, three.label]).toEqual(['test', 'request', 'test']);
  });

  it('cannot be read before, nor given twice, nor given to what is no seed', async () => {
    await using container = await defineContainer().seed(User).value(A, { name: 'a' }).start();
    await using scope = container.createScope({ label: 'GET /a' });
    expect(() => scope.get(User)).toThrow(
      expect.objectContaining({
        code: 'CATZ_DI_SEED_MISSING',
        message: 'user has no value in this scope (GET /a)',
      }),
    );
    scope.seed(User, null);
    expect(() => scope.seed(User, 'x')).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_SEED_TWICE' }),
    );
    expect(() => scope.seed(A, { name: 'x' })).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_MISSING' }),
    );
    expect(() => scope.seed(B, { name: 'x' })).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_MISSING' }),
    );
    expect(scope.get(User)).toBeNull();
  });

  it('that are optional are undefined as long as nobody has given them', async () => {
    await using container = await defineContainer()
      .seed(User)
      .transient(
        A,
        [optional(User), optional(CurrentRequest), optional(CurrentReply)],
        (...given) => ({ name: JSON.stringify(given) }),
      )
      .start();
    await using scope = container.createScope();
    expect(scope.get(A).name).toBe('[null,null,null]');
    scope.seed(User, 'ada');
    await using child = scope.child({ request: 1 });
    expect([scope.get(A).name, child.get(A).name]).toEqual(['["ada",null,null]', '["ada",1,null]']);
  });
});

describe('built-in tokens', () => {
  it('give what the scope was opened with', async () => {
    await using container = await defineContainer().start();
    await using scope = container.createScope({
      kind: 'request',
      label: 'GET /',
      request: { url: '/' },
      reply: { sent: false },
    });
    expect(scope.get(CurrentRequest)).toEqual({ url: '/' });
    expect(scope.get(CurrentReply)).toEqual({ sent: false });
    expect(scope.get(ScopeInfo)).toEqual({ kind: 'request', label: 'GET /' });
    await using bare = container.createScope();
    expect(bare.get(ScopeInfo)).toEqual({ kind: 'task', label: 'task' });
    for (const missing of [CurrentRequest, CurrentReply]) {
      expect(() => bare.get(missing as never)).toThrow(
        expect.objectContaining({ code: 'CATZ_DI_SEED_MISSING' }),
      );
    }
  });

  it('Log and Signal belong to who asks, also through a transient', async () => {
    const logs = ['application', 'request'].map(
      (name) => ({ name, debug() {}, info() {}, warn() {}, error() {} }) as Logger,
    );
    const signal = new AbortController().signal;
    const Seen = token<readonly [Logger, AbortSignal]>('seen');
    const Single = token<readonly [Logger, AbortSignal]>('single');
    await using container = await defineContainer()
      .transient(Seen, [Log, Signal], (log, its) => [log, its] as const)
      .singleton(Single, [Seen], (seen) => seen)
      .start({ log: logs[0]! });
    await using scope = container.createScope({ log: logs[1]!, signal });
    expect(scope.get(Seen)).toEqual([logs[1], signal]);
    expect(scope.get(Single)[0]).toBe(logs[0]);
    expect(container.get(Log)).toBe(logs[0]);
    expect(scope.get(Single)[1]).toBe(container.get(Signal));
  });

  it('Log does nothing when nobody listens', async () => {
    await using container = await defineContainer().start();
    expect(container.get(Log).error('unheard')).toBeUndefined();
  });

  it('Signal aborts when the container closes, before what uses it is disposed', async () => {
    const events: string[] = [];
    const container = await defineContainer()
      .singleton(
        A,
        [Signal],
        (signal) => {
          signal.addEventListener('abort', () => events.push('aborted'));
          return { name: 'a' };
        },
        { dispose: () => events.push('-a') },
      )
      .start();
    await container.close();
    expect(events).toEqual(['aborted', '-a']);
  });

  it('Signal is made only when it is asked for, and aborts when the scope ends', async () => {
    let made = 0;
    await using container = await defineContainer().start();
    const given = container.createScope({
      signal: () => {
        made++;
        return AbortSignal.abort();
      },
    });
    expect(made).toBe(0);
    expect(given.get(Signal).aborted).toBe(true);
    expect(given.signal).toBe(given.get(Signal));
    expect(made).toBe(1);
    await given.close();
    const own = container.createScope();
    const { signal } = own;
    expect(signal.aborted).toBe(false);
    await own.close();
    expect(signal.reason).toMatchObject({ code: 'CATZ_DI_SCOPE_CLOSED' });
  });

  it('ScopeFactory lets a singleton use scoped services', async () => {
    const { events, made, gone } = record();
    const Worker = token<{ run(): Promise<string> }>('worker');
    await using container = await defineContainer()
      .scoped(A, [], made('a'), { dispose: gone('a') })
      .singleton(Worker, [ScopeFactory], (scopes) => ({
        run: () => scopes.runInScope({ kind: 'task' }, (scope) => scope.get(A).name),
      }))
      .start();
    expect(await container.get(Worker).run()).toBe('a');
    expect(events).toEqual(['+a', '-a']);
    await using scope = container.get(ScopeFactory).createScope();
    expect(scope.isOpen).toBe(true);
  });

  it('can be provided, as a test would', async () => {
    const mine = { name: 'mine' };
    await using container = await defineContainer()
      .value(Signal, mine as never)
      .start();
    expect(container.get(Signal)).toBe(mine);
  });
});

describe('work in a scope', () => {
  it('gives what the work gives, and disposes with the outcome', async () => {
    const outcomes: unknown[] = [];
    await using container = await defineContainer()
      .scoped(A, [], () => ({ name: 'a' }), { dispose: (_, outcome) => outcomes.push(outcome) })
      .start();
    expect(await container.runInScope({ kind: 'task' }, async (scope) => scope.get(A).name)).toBe(
      'a',
    );
    const boom = new Error('boom');
    const failed = await failureOf(() =>
      container.runInScope({ signal: AbortSignal.abort() }, (scope) => {
        scope.get(A);
        scope.get(Signal);
        throw boom;
      }),
    );
    expect(failed).toBe(boom);
    expect(outcomes).toEqual([ok, { ok: false, error: boom, aborted: true }]);
    expect(container.stats().scopes).toEqual({ opened: 2, active: 0, forced: 0 });
  });

  it('fails when a disposer at the handler fails, and tells the others of it', async () => {
    const outcomes: unknown[] = [];
    const conflict = new Error('conflict');
    await using container = await defineContainer()
      .scoped(A, [], () => ({ name: 'a' }), {
        disposeAt: 'handler',
        dispose: async () => {
          throw conflict;
        },
      })
      .scoped(B, [], () => ({ name: 'b' }), { dispose: (_, outcome) => outcomes.push(outcome) })
      .start();
    const failed = await failureOf(() =>
      container.runInScope({}, (scope) => [scope.get(A), scope.get(B)]),
    );
    expect(failed).toBe(conflict);
    expect(outcomes).toEqual([{ ok: false, error: conflict, aborted: false }]);
  });

  it('fails when only its disposal does, and otherwise reports that', async () => {
    const reported: unknown[] = [];
    await using container = await defineContainer()
      .scoped(A, [], () => ({ name: 'a' }), {
        dispose: () => {
          throw new Error('stuck');
        },
      })
      .start({
        log: {
          debug() {},
          info() {},
          warn() {},
          error: (...all: unknown[]) => reported.push(all[0]),
        },
      });
    const only = await failureOf(() => container.runInScope({}, (scope) => scope.get(A)));
    expect(only.code).toBe('CATZ_DI_DISPOSE_FAILED');
    expect(reported).toEqual([]);
    const boom = new Error('boom');
    const both = await failureOf(() =>
      container.runInScope({}, (scope) => {
        scope.get(A);
        throw boom;
      }),
    );
    expect(both).toBe(boom);
    expect(reported).toMatchObject([
      { code: 'CATZ_DI_DISPOSE_FAILED', err: { code: 'CATZ_DI_DISPOSE_FAILED' } },
    ]);
  });

  it('keeps the scope while something is held, but not for ever', async () => {
    const { events, made, gone } = record();
    const gate = deferred();
    await using container = await defineContainer()
      .scoped(A, [], made('a'), { dispose: gone('a') })
      .start({ disposeGrace: 20 });
    const running = container.runInScope({}, (scope) => {
      scope.hold(gate.promise.then(() => void events.push('held work ends')));
      return scope.get(A);
    });
    gate.resolve();
    await running;
    expect(events).toEqual(['+a', 'held work ends', '-a']);
    await container.runInScope({}, (scope) => {
      scope.hold(new Promise(() => {}));
      return scope.get(A);
    });
    expect(events.slice(3)).toEqual(['+a', '-a']);
    expect(container.stats().scopes.forced).toBe(1);
  });
});

describe('holds', () => {
  it('are counted, and released by promises that end either way', async () => {
    await using container = await defineContainer().start();
    const scope = container.createScope();
    const [one, two] = [deferred(), deferred()];
    expect(scope.released()).toBeUndefined();
    scope.hold(one.promise);
    scope.hold(two.promise);
    expect(scope.holds).toBe(2);
    const closing = scope.close();
    one.resolve();
    await turn();
    expect([scope.holds, scope.isOpen]).toEqual([1, true]);
    const more = deferred();
    scope.hold(more.promise);
    two.reject(new Error('left to who made it'));
    await turn();
    expect(scope.isOpen).toBe(true);
    more.resolve();
    await closing;
    expect([scope.holds, scope.isOpen]).toEqual([0, false]);
  });
});

describe('closing a scope', () => {
  it('waits for what was held while it was waiting', async () => {
    await using container = await defineContainer().start();
    const scope = container.createScope();
    const [one, two] = [deferred(), deferred()];
    scope.hold(one.promise);
    void one.promise.then(() => scope.hold(two.promise));
    const closing = scope.close();
    one.resolve();
    await turn();
    expect(scope.isOpen).toBe(true);
    two.resolve();
    await closing;
  });
});

describe('the signal of a scope that is forced to end', () => {
  it('aborts before its disposers run', async () => {
    const events: unknown[] = [];
    await using container = await defineContainer()
      .scoped(A, [Signal], (signal) => ({ name: 'a', signal }), {
        dispose: (a) => events.push((a as Named & { signal: AbortSignal }).signal.aborted),
      })
      .start();
    for (const forced of [true, false]) {
      const scope = container.createScope();
      scope.get(A);
      await scope.dispose(ok, { forced });
    }
    expect(events).toEqual([true, false]);
  });
});

describe('a child scope', () => {
  it('has its own instances, and the seeds, request, log and label of its parent', async () => {
    const { made } = record();
    await using container = await defineContainer().seed(User).scoped(A, [User], made('a')).start();
    await using parent = container.createScope({
      kind: 'socket',
      label: 'GET /ws',
      request: 'r',
      seeds: [[User, 'ada']],
    });
    const child = parent.child({ kind: 'message' });
    expect(child.get(User)).toBe('ada');
    expect(child.get(CurrentRequest)).toBe('r');
    expect(child.get(A)).not.toBe(parent.get(A));
    expect([child.kind, child.label]).toEqual(['message', 'GET /ws']);
    expect(parent.child().kind).toBe('socket');
    child.seed(User, 'bob');
    expect([child.get(User), parent.get(User)]).toEqual(['bob', 'ada']);
    expect(container.stats().scopes.active).toBe(3);
    await child.close();
    expect(container.stats().scopes.active).toBe(2);
  });

  it('is closed before its parent, the last opened first, and its errors are the parent’s', async () => {
    const events: string[] = [];
    await using container = await defineContainer()
      .seed(User)
      .scoped(A, [User], (user) => ({ name: String(user) }), {
        dispose: ({ name }) => {
          events.push(name);
          if (name === 'two') throw new Error('two');
        },
      })
      .start();
    const parent = container.createScope({ seeds: [[User, 'parent']] });
    parent.get(A);
    for (const name of ['one', 'two', 'gone']) {
      const child = parent.child({ seeds: [[User, name]] });
      child.get(A);
      if (name === 'gone') await child.close();
    }
    const error = await failureOf(() => parent.dispose(ok));
    expect(events).toEqual(['gone', 'two', 'one', 'parent']);
    expect(error.errors).toMatchObject([
      { code: 'CATZ_DI_DISPOSE_FAILED', errors: [{ message: 'two' }] },
    ]);
    expect(container.stats().scopes.active).toBe(0);
  });
});
