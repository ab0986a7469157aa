import { describe, expect, it } from 'vitest';
import {
  all,
  asyncToken,
  defineContainer,
  isToken,
  keyed,
  lazy,
  multiToken,
  optional,
  token,
} from '../src/index.ts';
import { failureOf } from './support/record.ts';

const Name = token<string>('name');
const Other = token<string>('other');
const Later = asyncToken<string>('later');
const Many = multiToken<string>('many');

describe('tokens', () => {
  it('are told apart by identity, not by name', async () => {
    const twin = token<string>('name');
    await using container = await defineContainer()
      .value(Name, 'first')
      .value(twin, 'second')
      .start({ log: quiet() });
    expect([container.get(Name), container.get(twin)]).toEqual(['first', 'second']);
  });

  it.each([[''], [undefined], [7]])('need a name, which %j is none', (name) => {
    expect(() => token(name as string)).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_OPTIONS' }),
    );
  });

  it('are recognized, also those of another copy of the package', () => {
    const foreign = { name: 'x', kind: 'sync', [Symbol.for('catzilla.di.token')]: true };
    expect([Name, foreign, {}, null, 'name'].map(isToken)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('modifiers', () => {
  it.each([
    ['optional of a lazy one', () => optional(lazy(Name) as never)],
    ['optional of a multi token', () => optional(Many as never)],
    ['lazy of a lazy one', () => lazy(lazy(Name) as never)],
    ['all of a plain token', () => all(Name as never)],
    ['keyed of a multi token', () => keyed(Many as never, 'a')],
    ['keyed without a key', () => keyed(Name, undefined as never)],
    ['lazy of nothing', () => lazy(undefined as never)],
  ])('refuse %s', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'CATZ_DI_OPTIONS' }));
  });
});

describe('a definition', () => {
  it('is not changed by its methods, so that a base can be shared', async () => {
    const base = defineContainer({ name: 'base' }).value(Name, 'base');
    const one = base.value(Other, 'one');
    const two = base.value(Other, 'two');
    await using a = await one.start();
    await using b = await two.start();
    expect([a.get(Other), b.get(Other), base.entries.length]).toEqual(['one', 'two', 1]);
  });

  it('refuses a token that is provided already, and names both places', async () => {
    const error = await failureOf(() =>
      defineContainer()
        .value(Name, 'a')
        .singleton(Name, [], () => 'b'),
    );
    expect(error.code).toBe('CATZ_DI_DUPLICATE');
    expect(error.message).toMatch(
      /^name is provided twice in container: first at .*definition\.test\.ts:\d+:\d+, then at .*definition\.test\.ts:\d+:\d+$/,
    );
  });

  it('takes a token once without a key and once with each key', async () => {
    await using container = await defineContainer()
      .value(Name, 'plain')
      .keyed(Name, 'a', [], () => 'of a')
      .keyed(Name, 'b', [Name], (plain) => `${plain} of b`)
      .keyed(Name, 7, [], () => 'of 7')
      .start();
    expect(container.get(Name)).toBe('plain');
    expect(container.getKeyed(Name, 'a')).toBe('of a');
    expect(container.getKeyed(Name, 'b')).toBe('plain of b');
    expect(container.getKeyed(Name, 7)).toBe('of 7');
    expect(() =>
      defineContainer()
        .keyed(Name, 'a', [], () => '')
        .keyed(Name, 'a', [], () => ''),
    ).toThrow(/name\["a"\] is provided twice/);
  });

  it('includes another one, and counts a common base once', async () => {
    const base = defineContainer().value(Name, 'base');
    const left = base.value(Other, 'left');
    const right = base.multi(Many, [Name], (name) => `${name} of right`);
    await using container = await left.include(right).start();
    expect([container.get(Other), container.getAll(Many)]).toEqual(['left', ['base of right']]);
    expect(() => left.include(defineContainer().value(Other, 'x'))).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_DUPLICATE' }),
    );
  });

  it.each([
    [
      'a value that is provided under a multi token',
      () => defineContainer().value(Many as never, ''),
    ],
    ['something that is no token', () => defineContainer().value('name' as never, '')],
    [
      'a modifier that is not keyed',
      () => defineContainer().override(lazy(Name) as never, { value: '' as never }),
    ],
    [
      'dependencies that are no array',
      () => defineContainer().singleton(Name, Other as never, () => ''),
    ],
    [
      'a dependency that is no token',
      () => defineContainer().singleton(Name, ['x'] as never, () => ''),
    ],
    ['a bare multi token', () => defineContainer().singleton(Name, [Many] as never, () => '')],
    ['a factory that is no function', () => defineContainer().scoped(Name, [], 'x' as never)],
    ['a class that is none', () => defineContainer().class(Name, 'scoped', [], 'x' as never)],
    [
      'a lifetime that does not exist',
      () => defineContainer().class(Name, 'request' as never, [], String as never),
    ],
    ['an alias of nothing', () => defineContainer().alias(Name, undefined as never)],
    [
      'an unknown option',
      () => defineContainer().scoped(Name, [], () => '', { disposed: 1 } as never),
    ],
    [
      'an option of another lifetime',
      () => defineContainer().scoped(Name, [], () => '', { start: 'lazy' } as never),
    ],
    [
      'an option of another lifetime, of one of many',
      () => defineContainer().multi(Many, [], () => '', { lifetime: 'scoped', start: 'lazy' }),
    ],
    [
      'disposeAt of a singleton',
      () => defineContainer().singleton(Name, [], () => '', { disposeAt: 'handler' } as never),
    ],
    [
      'a disposer that is none',
      () => defineContainer().singleton(Name, [], () => '', { dispose: true } as never),
    ],
    [
      'a generator with a disposer besides',
      () =>
        defineContainer().scoped(
          Name,
          [],
          function* () {
            yield '';
          },
          { dispose: () => {} },
        ),
    ],
    [
      'kinds of a seed that are no list',
      () => defineContainer().seed(Name, { kinds: 'task' } as never),
    ],
    ['an override by nothing', () => defineContainer().override(Name, undefined as never)],
    [
      'an override of many by one value',
      () => defineContainer().override(Many, { value: 'x' } as never),
    ],
    [
      'an unknown option of the container',
      () => defineContainer().build({ startTimeOut: 5 } as never),
    ],
    ['a name that is none', () => defineContainer({ name: '' })],
    ['a parent that is none', () => defineContainer().build({ parent: {} as never })],
    ['a logger that is none', () => defineContainer().build({ log: {} as never })],
    ['a site that is none', () => defineContainer().build({ sites: [{}] as never })],
    ['an override that is no pair', () => defineContainer().build({ overrides: [Name] as never })],
    ['built-ins that are no map', () => defineContainer().build({ builtIns: {} as never })],
    ['a negative time', () => defineContainer().build({ disposeGrace: -1 })],
  ])('refuses %s at the line that says it', (_, define) => {
    expect(define).toThrow(expect.objectContaining({ code: 'CATZ_DI_OPTIONS' }));
  });
});

describe('bindings', () => {
  it('make classes with new, of any number of dependencies', async () => {
    class Box {
      readonly held: readonly unknown[];
      constructor(...held: unknown[]) {
        this.held = held;
      }
    }
    const tokens = [0, 1, 2, 3, 4].map((i) => token<Box>(`box${i}`));
    let definition = defineContainer().value(Name, 'n').value(Other, 'o');
    const deps = [Name, Other, Name, Other];
    for (const [i, one] of tokens.entries()) {
      definition = definition.class(one, 'transient', deps.slice(0, i), Box as never);
    }
    await using container = await definition.start();
    const made = tokens.map((one) => container.get(one));
    expect(made.map(({ held }) => held.join(''))).toEqual(['', 'n', 'no', 'non', 'nono']);
    expect(made.every((one) => one instanceof Box)).toBe(true);
  });

  it('make functions of any number of dependencies', async () => {
    const tokens = [0, 1, 2, 3, 4, 5].map((i) => token<string>(`of${i}`));
    const deps = [Name, Other, Name, Other, Name];
    let definition = defineContainer().value(Name, 'n').value(Other, 'o');
    for (const [i, one] of tokens.entries()) {
      definition = definition.scoped(one, deps.slice(0, i), (...all: string[]) => all.join(''));
    }
    await using container = await definition.start();
    await using scope = container.createScope();
    expect(tokens.map((one) => scope.get(one))).toEqual(['', 'n', 'no', 'non', 'nono', 'nonon']);
  });

  it('share the instance of an alias, also of an alias of an alias and of a key', async () => {
    const Real = token<object>('real');
    const Alias = token<object>('alias');
    const Again = token<object>('again');
    const OfKey = token<object>('of key');
    await using container = await defineContainer()
      .alias(Again, Alias)
      .alias(Alias, Real)
      .singleton(Real, [], () => ({}))
      .keyed(Real, 'k', [], () => ({}))
      .alias(OfKey, keyed(Real, 'k'))
      .start();
    expect(container.get(Again)).toBe(container.get(Real));
    expect(container.get(OfKey)).toBe(container.getKeyed(Real, 'k'));
    expect(container.get(OfKey)).not.toBe(container.get(Real));
  });

  it('give many in the order of their definition, and none as an empty list', async () => {
    const None = multiToken<string>('none');
    const Sum = token<string>('sum');
    await using container = await defineContainer()
      .multi(Many, [], async () => 'a')
      .multi(Many, [], () => 'b', { lifetime: 'transient' })
      .singleton(Sum, [all(Many), all(None)], (many, none) => [...many, none.length].join())
      .start();
    expect(container.get(Sum)).toBe('a,b,0');
    expect([container.has(Many), container.has(None)]).toEqual([true, false]);
  });

  it('give undefined for what is optional and not there', async () => {
    const Seen = token<unknown[]>('seen');
    await using container = await defineContainer()
      .value(Name, 'n')
      .singleton(
        Seen,
        [optional(Name), optional(Other), optional(keyed(Name, 'k')), lazy(optional(Other))],
        (a, b, c, d) => [a, b, c, d.get()],
      )
      .start();
    expect(container.get(Seen)).toEqual(['n', undefined, undefined, undefined]);
  });

  it('keep null and undefined as instances, and make them once', async () => {
    let made = 0;
    const Null = token<null>('null');
    const Undefined = token<undefined>('undefined');
    const Symbolic = token<symbol>('symbol');
    const mark = Symbol('mine');
    const make =
      <T>(value: T) =>
      () => (made++, value);
    await using container = await defineContainer()
      .scoped(Null, [], make(null))
      .scoped(Undefined, [], make(undefined))
      .scoped(Symbolic, [], make(mark))
      .start();
    await using scope = container.createScope();
    for (let i = 0; i < 3; i++) {
      expect([scope.get(Null), scope.get(Undefined), scope.get(Symbolic)]).toEqual([
        null,
        undefined,
        mark,
      ]);
    }
    expect(made).toBe(3);
  });

  it('take an async value, which is got as a promise', async () => {
    const Uses = asyncToken<string>('uses');
    await using container = await defineContainer()
      .value(Later, 'there')
      .scoped(Uses, [Later], (later) => `${later}!`)
      .start();
    await using scope = container.createScope();
    expect(scope.get(Later)).toBeInstanceOf(Promise);
    expect([await scope.get(Later), await scope.get(Uses)]).toEqual(['there', 'there!']);
  });
});

describe('overrides', () => {
  const definition = defineContainer()
    .singleton(
      Name,
      [],
      () => {
        throw new Error('must not run');
      },
      {
        dispose: () => {
          throw new Error('must not run');
        },
      },
    )
    .multi(Many, [], () => 'real')
    .scoped(Other, [Name], (name) => `of ${name}`);

  it('replace a factory and its disposer, in the definition, the options or the container', async () => {
    for (const start of [
      () => definition.override(Name, { value: 'fake' }).start(),
      () => definition.start({ overrides: [[Name, { value: 'fake' }]] }),
      async () => {
        const container = definition.build();
        container.override(Name, { factory: () => 'fake' });
        await container.start();
        return container;
      },
    ]) {
      const container = await start();
      const scope = container.testScope();
      expect([container.get(Name), scope.get(Other)]).toEqual(['fake', 'of fake']);
      await scope.close();
      await container.close();
    }
  });

  it('of the options come after those of the definition', async () => {
    await using container = await definition
      .override(Name, { value: 'first' })
      .start({ overrides: [[Name, { value: 'last' }]] });
    expect(container.get(Name)).toBe('last');
  });

  it('replace all of many, and one of a key', async () => {
    await using container = await definition
      .override(Name, { value: 'fake' })
      .keyed(Name, 'k', [], () => 'real')
      .override(keyed(Name, 'k'), { value: 'fake of k' })
      .override(Many, { value: ['x', 'y'] })
      .start();
    expect(container.getAll(Many)).toEqual(['x', 'y']);
    expect(container.getKeyed(Name, 'k')).toBe('fake of k');
  });

  it('by a factory keep the lifetime, unless another one is given', async () => {
    let made = 0;
    await using container = await definition
      .override(Name, { value: 'n' })
      .override(Other, { deps: [Name], factory: (name) => `${name}${made++}` })
      .start();
    const scope = container.testScope();
    expect([scope.get(Other), scope.get(Other)]).toEqual(['n0', 'n0']);
    await scope.close();
    await using second = await definition
      .override(Name, { value: 'n' })
      .override(Other, { factory: () => `${made++}`, lifetime: 'singleton' })
      .start();
    expect([second.get(Other), second.get(Other)]).toEqual(['1', '1']);
  });

  it('of a seed hold although a hook seeds it', async () => {
    const User = token<string>('user');
    await using container = await defineContainer()
      .seed(User)
      .override(User, { value: 'test' })
      .start();
    await using scope = container.createScope();
    scope.seed(User, 'real');
    expect(scope.get(User)).toBe('test');
  });

  it('have their own disposer', async () => {
    const events: string[] = [];
    const container = await definition
      .override(Name, { value: 'fake', dispose: (name) => events.push(name) })
      .start();
    await container.close();
    expect(events).toEqual(['fake']);
  });

  it('come too late once the container has started', async () => {
    await using container = await defineContainer().value(Name, '').start();
    expect(() => container.override(Name, { value: 'x' })).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_STARTED' }),
    );
  });

  it('of what nobody provides are a fault', () => {
    const faults = defineContainer().override(Name, { value: 'x' }).validate();
    expect(faults).toMatchObject([{ code: 'CATZ_DI_MISSING', path: ['name'] }]);
  });
});

function quiet() {
  const nothing = (): void => {};
  return { debug: nothing, info: nothing, warn: nothing, error: nothing };
}
