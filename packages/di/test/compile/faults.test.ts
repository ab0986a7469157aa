import { describe, expect, it } from 'vitest';
import {
  CurrentReply,
  CurrentRequest,
  Log,
  ScopeFactory,
  ScopeInfo,
  Server,
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
import type { Definition } from '../../src/index.ts';
import { failureOf } from '../support/record.ts';

const A = token<object>('a');
const B = token<object>('b');
const C = token<object>('c');
const Many = multiToken<object>('many');
const Later = asyncToken<object>('later');
const make = (): object => ({});

function faultsOf(definition: Definition): string[] {
  return definition.validate().map(({ code, path }) => `${code} ${path.join(' -> ')}`);
}

describe('missing', () => {
  it('names who asks, what is missing, where it was looked for and the nearest name', () => {
    const Database = token<object>('database');
    const Databse = token<object>('databse');
    const definition = defineContainer({ name: 'app' })
      .singleton(Database, [], make)
      .singleton(A, [Databse], make);
    const [fault] = definition.validate();
    expect(fault).toMatchObject({ code: 'CATZ_DI_MISSING', path: ['a', 'databse'] });
    expect(fault!.message).toMatch(
      /^a needs databse, which nobody provides in app, did you mean database\? \(registered at .*faults\.test\.ts:\d+:\d+\)$/,
    );
  });

  it('says that tokens of one name are not one token', () => {
    const twin = token<object>('a');
    const [fault] = defineContainer().singleton(A, [], make).singleton(B, [twin], make).validate();
    expect(fault!.message).toContain(
      'another token of this name is, and tokens are told apart by identity',
    );
  });

  it('names the parents that were searched as well', async () => {
    await using parent = defineContainer({ name: 'root' }).build();
    const [fault] = defineContainer({ name: 'admin' }).singleton(A, [B], make).validate({ parent });
    expect(fault!.message).toContain('in admin or root');
  });

  it('is found for lazy, keyed and aliased dependencies, not for optional ones or all of none', () => {
    const definition = defineContainer()
      .singleton(A, [lazy(B), keyed(C, 'k'), optional(C), all(Many)], make)
      .alias(B, C);
    expect(faultsOf(definition)).toEqual(['CATZ_DI_MISSING a -> c["k"]', 'CATZ_DI_MISSING b -> c']);
  });

  it('is found for what is injected', () => {
    const sites = [{ where: 'GET /a', tokens: [A, optional(B)], kind: 'request' }];
    expect(defineContainer().validate({ sites })).toMatchObject([
      { code: 'CATZ_DI_MISSING', path: ['GET /a', 'a'] },
    ]);
  });

  it('says that Server is there only inside Fastify', async () => {
    const definition = defineContainer().singleton(A, [Server], make);
    expect(definition.validate()[0]!.message).toContain('only inside Fastify');
    expect(definition.validate({ builtIns: new Map([[Server, {}]]) })).toEqual([]);
  });
});

describe('a cycle', () => {
  it('is shown with its full path', () => {
    const definition = defineContainer()
      .scoped(A, [B], make)
      .scoped(B, [C], make)
      .scoped(C, [A], make);
    expect(faultsOf(definition)).toEqual(['CATZ_DI_CYCLE a -> b -> c -> a']);
  });

  it('is found for a service that needs itself, through aliases, keys and many', () => {
    expect(faultsOf(defineContainer().scoped(A, [A], make))).toEqual(['CATZ_DI_CYCLE a -> a']);
    expect(faultsOf(defineContainer().scoped(A, [B], make).alias(B, A))).toEqual([
      'CATZ_DI_CYCLE a -> b -> a',
    ]);
    expect(faultsOf(defineContainer().alias(A, B).alias(B, A))).toEqual([
      'CATZ_DI_CYCLE a -> b -> a',
    ]);
    expect(
      faultsOf(
        defineContainer()
          .keyed(A, 1, [B], make, { lifetime: 'scoped' })
          .scoped(B, [keyed(A, 1)], make),
      ),
    ).toEqual(['CATZ_DI_CYCLE a[1] -> b -> a[1]']);
    expect(
      faultsOf(
        defineContainer()
          .scoped(A, [all(Many)], make)
          .multi(Many, [A], make, { lifetime: 'scoped' }),
      ),
    ).toEqual(['CATZ_DI_CYCLE a -> many[0] -> a']);
  });

  it('is found once for each knot, however many ways lead round it', () => {
    const D = token<object>('d');
    const definition = defineContainer()
      .scoped(A, [B, C], make)
      .scoped(B, [C], make)
      .scoped(C, [A], make)
      .scoped(D, [D, A], make);
    expect(faultsOf(definition)).toEqual(['CATZ_DI_CYCLE a -> c -> a', 'CATZ_DI_CYCLE d -> d']);
  });

  it('begins with the service that was defined first, whoever leads to it', () => {
    const definition = defineContainer()
      .scoped(C, [B], make)
      .scoped(A, [B], make)
      .scoped(B, [A], make);
    expect(faultsOf(definition)).toEqual(['CATZ_DI_CYCLE a -> b -> a']);
  });

  it('is broken by lazy, with a warning only between singletons', () => {
    const scoped = defineContainer()
      .scoped(A, [lazy(B)], make)
      .scoped(B, [A], make)
      .build();
    expect([scoped.validate(), scoped.warnings()]).toEqual([[], []]);
    const single = defineContainer()
      .singleton(A, [lazy(B)], make)
      .singleton(B, [A], make)
      .build();
    expect(single.validate()).toEqual([]);
    expect(single.warnings()).toMatchObject([
      { code: 'CATZ_WARN_DI_LAZY_CYCLE', path: ['a', 'b', 'a'] },
    ]);
  });
});

describe('a captive dependency', () => {
  it('is found directly and through transients, aliases, many, lazy and optional ones', () => {
    const Held = token<object>('held');
    const base = defineContainer().scoped(Held, [], make);
    expect(faultsOf(base.singleton(A, [Held], make))).toEqual(['CATZ_DI_CAPTIVE a -> held']);
    expect(faultsOf(base.singleton(A, [lazy(Held)], make))).toEqual(['CATZ_DI_CAPTIVE a -> held']);
    expect(faultsOf(base.singleton(A, [optional(Held)], make))).toEqual([
      'CATZ_DI_CAPTIVE a -> held',
    ]);
    expect(faultsOf(base.singleton(A, [B], make).alias(B, Held))).toEqual([
      'CATZ_DI_CAPTIVE a -> b -> held',
    ]);
    expect(
      faultsOf(
        base
          .singleton(A, [B], make)
          .transient(B, [C], make)
          .transient(C, [lazy(Held)], make),
      ),
    ).toEqual(['CATZ_DI_CAPTIVE a -> b -> c -> held']);
    expect(
      faultsOf(
        base.singleton(A, [all(Many)], make).multi(Many, [Held], make, { lifetime: 'transient' }),
      ),
    ).toEqual(['CATZ_DI_CAPTIVE a -> many[0] -> held']);
  });

  it('is a seed, a request, a reply and the info of a scope too', () => {
    const definition = defineContainer()
      .seed(B)
      .singleton(A, [B, CurrentRequest, CurrentReply, ScopeInfo], make);
    expect(faultsOf(definition)).toEqual([
      'CATZ_DI_CAPTIVE a -> b',
      'CATZ_DI_CAPTIVE a -> CurrentRequest',
      'CATZ_DI_CAPTIVE a -> CurrentReply',
      'CATZ_DI_CAPTIVE a -> ScopeInfo',
    ]);
  });

  it('is answered for by the singleton that has it, and no other', () => {
    const definition = defineContainer()
      .scoped(C, [], make)
      .singleton(B, [C], make)
      .singleton(A, [B], make);
    expect(faultsOf(definition)).toEqual(['CATZ_DI_CAPTIVE b -> c']);
  });

  it('is none for Log, Signal and ScopeFactory, which the message recommends', () => {
    const definition = defineContainer().scoped(B, [], make);
    expect(definition.singleton(A, [Log, Signal, ScopeFactory], make).validate()).toEqual([]);
    expect(definition.singleton(A, [B], make).validate()[0]!.message).toContain('ScopeFactory');
  });

  it('is a transient with a disposer, for nobody would own it', () => {
    const definition = defineContainer()
      .singleton(A, [B], make)
      .transient(B, [C], make)
      .transient(C, [], make, { dispose: () => {} });
    expect(faultsOf(definition)).toEqual(['CATZ_DI_TRANSIENT_OWNER a -> b -> c']);
    const generator = defineContainer()
      .singleton(A, [B], make)
      .transient(B, [], function* () {
        yield {};
      });
    expect(faultsOf(generator)).toEqual(['CATZ_DI_TRANSIENT_OWNER a -> b']);
  });
});

describe('async in sync', () => {
  const base = defineContainer().scoped(Later, [], async () => ({}));

  it('is found for scoped, transient, lazily started and aliased services', () => {
    const deps = [Later] as never;
    expect(faultsOf(base.scoped(A, deps, make))).toEqual(['CATZ_DI_ASYNC_IN_SYNC a -> later']);
    expect(faultsOf(base.transient(A, deps, make))).toEqual(['CATZ_DI_ASYNC_IN_SYNC a -> later']);
    expect(faultsOf(base.alias(A, Later as never))).toEqual(['CATZ_DI_ASYNC_IN_SYNC a -> later']);
    expect(faultsOf(base.multi(Many, deps, make, { lifetime: 'scoped' }))).toEqual([
      'CATZ_DI_ASYNC_IN_SYNC many[0] -> later',
    ]);
    const lazily = defineContainer()
      .singleton(Later, [], async () => ({}))
      .singleton(A, [Later], make, { start: 'lazy' });
    expect(faultsOf(lazily)).toEqual(['CATZ_DI_ASYNC_IN_SYNC a -> later']);
  });

  it('is none when the dependency is lazy, or who asks is awaited too', () => {
    const Uses = asyncToken<object>('uses');
    expect(
      base
        .scoped(A, [lazy(Later)], make)
        .scoped(Uses, [Later], make)
        .validate(),
    ).toEqual([]);
    const single = defineContainer()
      .singleton(Later, [], async () => ({}))
      .singleton(A, [Later], make);
    expect(single.validate()).toEqual([]);
  });

  it('is an async factory behind a plain token', () => {
    const scoped = defineContainer()
      .scoped(A, [], (async () => ({})) as never)
      .transient(B, [], async function* () {
        yield {};
      } as never)
      .singleton(C, [], async () => ({}), { start: 'lazy' });
    expect(faultsOf(scoped)).toEqual([
      'CATZ_DI_ASYNC_IN_SYNC a',
      'CATZ_DI_ASYNC_IN_SYNC b',
      'CATZ_DI_ASYNC_IN_SYNC c',
    ]);
    expect(
      defineContainer()
        .singleton(A, [], async () => ({}))
        .validate(),
    ).toEqual([]);
  });
});

describe('the kind of a scope', () => {
  const Job = token<object>('job');
  const base = defineContainer()
    .seed(Job, { kinds: ['task'] })
    .scoped(A, [Job], make);
  const site = (kind: string, ...tokens: never[]) => [{ where: 'GET /a', tokens, kind }];

  it('is wrong where a handler reaches a seed that only tasks have, and the reverse', () => {
    expect(base.validate({ sites: site('request', A as never) })).toMatchObject([
      { code: 'CATZ_DI_SCOPE_KIND', path: ['GET /a', 'a', 'job'] },
    ]);
    expect(base.validate({ sites: site('task', A as never) })).toEqual([]);
    expect(
      defineContainer()
        .scoped(A, [CurrentRequest], make)
        .validate({ sites: site('task', A as never) }),
    ).toMatchObject([{ code: 'CATZ_DI_SCOPE_KIND', path: ['GET /a', 'a', 'CurrentRequest'] }]);
    expect(
      defineContainer().validate({ sites: site('socket', CurrentReply as never) }),
    ).toMatchObject([{ code: 'CATZ_DI_SCOPE_KIND', path: ['GET /a', 'CurrentReply'] }]);
  });

  it('does not matter to an optional seed', () => {
    const definition = defineContainer()
      .seed(Job, { kinds: ['task'] })
      .scoped(A, [optional(Job)], make);
    const sites = site('request', A as never, optional(Job) as never);
    expect(definition.validate({ sites })).toEqual([]);
  });
});

describe('the order of disposal', () => {
  const dispose = (): void => {};

  it('is wrong where a disposer after the response needs what is disposed with the handler', () => {
    const definition = defineContainer()
      .scoped(C, [], make, { dispose, disposeAt: 'handler' })
      .scoped(B, [C], make, { dispose: false })
      .scoped(A, [B], make, { dispose });
    expect(faultsOf(definition)).toEqual(['CATZ_DI_DISPOSE_ORDER a -> b -> c']);
  });

  it('is right the other way round, for lazy ones, and without a disposer', () => {
    const definition = defineContainer()
      .scoped(C, [], make, { dispose, disposeAt: 'handler' })
      .scoped(B, [lazy(C)], make, { dispose })
      .scoped(A, [C], make, { dispose, disposeAt: 'handler' });
    expect(definition.validate()).toEqual([]);
  });
});

describe('all faults', () => {
  const broken = defineContainer({ name: 'broken' })
    .scoped(A, [A], make)
    .singleton(B, [A], make)
    .singleton(C, [token('nowhere')], make)
    .scoped(Later, [], make);

  it('are in one error, before anything was made', async () => {
    let made = 0;
    const definition = broken.singleton(token('eager'), [], () => made++);
    const error = await failureOf(() => definition.start());
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.code).toBe('CATZ_DI_INVALID');
    expect(error.errors!.map((one) => (one as Error & { code: string }).code).toSorted()).toEqual([
      'CATZ_DI_CAPTIVE',
      'CATZ_DI_CYCLE',
      'CATZ_DI_MISSING',
    ]);
    for (const one of error.errors!) {
      expect(error.message).toContain(one.message);
      expect(one).toMatchObject({
        path: expect.any(Array),
        where: expect.stringContaining('faults.test.ts'),
      });
    }
    expect(made).toBe(0);
  });

  it('of a child are found anew when its parent was changed', async () => {
    const parent = defineContainer().build();
    const child = defineContainer().singleton(B, [A], make).build({ parent });
    expect(child.validate()).toMatchObject([{ code: 'CATZ_DI_MISSING' }]);
    const other = defineContainer().value(A, {}).build();
    const fine = defineContainer().singleton(B, [A], make).build({ parent: other });
    expect(fine.validate()).toEqual([]);
    const replaced = { name: 'replaced' };
    other.override(A, { value: replaced });
    await fine.start();
    expect(fine.get(A)).toBe(replaced);
    await Promise.all([parent.close(), other.close()]);
  });

  it('are thrown for a site that is added after the start, and found anew for one before', async () => {
    const container = defineContainer().value(A, {}).build();
    container.addSite({ where: 'GET /a', tokens: [A], kind: 'request' });
    expect(container.validate()).toEqual([]);
    container.addSite({ where: 'GET /b', tokens: [B], kind: 'request' });
    expect(container.validate()).toMatchObject([{ path: ['GET /b', 'b'] }]);
    await using started = await defineContainer().value(A, {}).start();
    expect(() => started.addSite({ where: 'GET /b', tokens: [B], kind: 'request' })).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_INVALID' }),
    );
  });
});

describe('warnings', () => {
  it('tell of tokens of one name', () => {
    const twin = token<object>('a');
    const container = defineContainer().value(A, {}).value(twin, {}).build();
    expect(container.validate()).toEqual([]);
    expect(container.warnings()).toMatchObject([{ code: 'CATZ_WARN_DI_SAME_NAME', path: ['a'] }]);
  });

  it('go to the logger at the start, or are process warnings', async () => {
    const definition = defineContainer().value(A, {}).value(token('a'), {});
    const seen: unknown[] = [];
    const nothing = (): void => {};
    await using first = await definition.start({
      log: { debug: nothing, info: nothing, error: nothing, warn: (...all) => seen.push(all) },
    });
    expect(seen).toMatchObject([[{ code: 'CATZ_WARN_DI_SAME_NAME' }, expect.any(String)]]);
    const warned = new Promise<Error & { code?: string }>((resolve) => {
      process.once('warning', resolve);
    });
    await using second = await definition.start();
    expect((await warned).code).toBe('CATZ_WARN_DI_SAME_NAME');
    expect([first.state, second.state]).toEqual(['started', 'started']);
  });
});
