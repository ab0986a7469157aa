import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  Signal,
  all,
  asyncToken,
  defineContainer,
  lazy,
  multiToken,
  token,
} from '../../src/index.ts';
import { deferred, failureOf, record } from '../support/record.ts';

type Named = { name: string };
const A = token<Named>('a');
const B = token<Named>('b');
const C = token<Named>('c');
const D = token<Named>('d');

describe('a start', () => {
  it('begins each factory as soon as what it needs is ready, and no later', async () => {
    const events: string[] = [];
    const slow = deferred<Named>();
    const fast = deferred<Named>();
    const make = (name: string, gate?: Promise<Named>) => async (): Promise<Named> => {
      events.push(name);
      return (await gate) ?? { name };
    };
    const starting = defineContainer()
      .singleton(D, [C], make('d'))
      .singleton(C, [B], make('c'))
      .singleton(B, [], make('b', fast.promise))
      .singleton(A, [], make('a', slow.promise))
      .start();
    await turn();
    expect(events).toEqual(['b', 'a']);
    fast.resolve({ name: 'b' });
    await turn();
    expect(events).toEqual(['b', 'a', 'c', 'd']);
    slow.resolve({ name: 'a' });
    await using container = await starting;
    expect(container.get(A).name).toBe('a');
  });

  it('awaits async factories, so that consumers get the value', async () => {
    const { madeLater } = record();
    const Many = multiToken<Named>('many');
    await using container = await defineContainer()
      .singleton(A, [], madeLater('a'))
      .multi(Many, [A], async (a) => ({ name: `of ${a.name}` }))
      .transient(B, [A], (a) => ({ name: `then ${a.name}` }))
      .singleton(C, [B, all(Many)], (b, many) => ({ name: `${b.name}, ${many[0]!.name}` }))
      .start();
    expect(container.get(C).name).toBe('then a, of a');
  });

  it('makes lazy singletons on first use, and what eager ones need at once', async () => {
    const { events, made, madeLater } = record();
    const Later = asyncToken<Named>('later');
    await using container = await defineContainer()
      .singleton(A, [], made('a'), { start: 'lazy' })
      .singleton(B, [], made('b'), { start: 'lazy' })
      .singleton(Later, [], madeLater('later'), { start: 'lazy' })
      .singleton(C, [B], made('c'))
      .start();
    expect(events).toEqual(['+b', '+c']);
    expect(container.get(A)).toBe(container.get(A));
    const both = [container.get(Later), container.get(Later)] as const;
    expect(both[0]).toBe(both[1]);
    expect((await both[0]).name).toBe('later');
    expect(events).toEqual(['+b', '+c', '+a', '+later']);
  });

  it('waits for what a lazy singleton needs that an eager one needs', async () => {
    const { madeLater } = record();
    await using container = await defineContainer()
      .singleton(C, [B], (b) => ({ name: `c of ${b.name}` }))
      .singleton(B, [A], (a) => ({ name: `b of ${a.name}` }), { start: 'lazy' })
      .singleton(A, [], madeLater('a'))
      .start();
    expect(container.get(C).name).toBe('c of b of a');
  });

  it('does not make a second one of what is on its way', async () => {
    const { events, madeLater } = record();
    const Later = asyncToken<Named>('later');
    const error = await failureOf(() =>
      defineContainer()
        .singleton(Later, [], madeLater('later'), { start: 'lazy' })
        .singleton(A, [Later], (later) => later)
        .singleton(B, [lazy(Later)], (later) => later.get())
        .start(),
    );
    expect(error.errors).toMatchObject([{ code: 'CATZ_DI_NOT_STARTED' }]);
    expect(events).toEqual(['+later']);
  });

  it('waits for async tokens that are singletons, and gives promises of them', async () => {
    const Later = asyncToken<Named>('later');
    const { madeLater } = record();
    await using container = await defineContainer()
      .singleton(Later, [], madeLater('later'))
      .singleton(A, [Later], (later) => ({ name: `of ${later.name}` }))
      .start();
    expect(container.get(A).name).toBe('of later');
    expect((await container.get(Later)).name).toBe('later');
  });

  it('is one, however often it is asked for', async () => {
    const { events, made } = record();
    const container = defineContainer().singleton(A, [], made('a')).build();
    await Promise.all([container.start(), container.start()]);
    await container.start();
    expect(events).toEqual(['+a']);
    await container.close();
    await container.close();
    expect(container.state).toBe('closed');
  });

  it('gives nothing before, and says so', async () => {
    const { made } = record();
    const container = defineContainer().singleton(A, [], made('a')).build();
    for (const use of [() => container.get(A), () => container.createScope()]) {
      expect(use).toThrow(expect.objectContaining({ code: 'CATZ_DI_NOT_STARTED' }));
    }
    expect(container.has(A)).toBe(true);
    await container.start();
    await container.close();
    expect(() => container.get(A)).toThrow(expect.objectContaining({ code: 'CATZ_DI_CLOSED' }));
  });

  it('refuses a lazy handle whose singleton has not been made yet', async () => {
    const { made } = record();
    const error = await failureOf(() =>
      defineContainer()
        .singleton(A, [lazy(B)], (b) => b.get())
        .singleton(B, [A], made('b'))
        .start({ log: { debug() {}, info() {}, warn() {}, error() {} } }),
    );
    expect(error.code).toBe('CATZ_DI_START_FAILED');
    expect(error.errors).toMatchObject([{ code: 'CATZ_DI_NOT_STARTED' }]);
  });
});

describe('a failing start', () => {
  it('aborts the others, waits for them, releases in reverse order, and tells all causes', async () => {
    const { events, made, gone } = record();
    const boom = new Error('boom');
    const other = new Error('other');
    const error = await failureOf(() =>
      defineContainer({ name: 'app' })
        .singleton(A, [], made('a'), { dispose: gone('a') })
        .singleton(B, [A], made('b'), { dispose: gone('b') })
        .singleton(C, [B, Signal], async (_, signal) => {
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          events.push('c was told');
          throw other;
        })
        .singleton(D, [B], async () => {
          await turn();
          throw boom;
        })
        .start(),
    );
    expect(events).toEqual(['+a', '+b', 'c was told', '-b', '-a']);
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.code).toBe('CATZ_DI_START_FAILED');
    expect(error.errors).toMatchObject([
      { code: 'CATZ_DI_FACTORY_FAILED', cause: boom, path: ['d'] },
      { code: 'CATZ_DI_FACTORY_FAILED', cause: other, path: ['c'] },
    ]);
    expect(error.message).toBe(
      'container app has not started:\n- the factory of d failed (d): boom\n- the factory of c failed (c): other',
    );
  });

  it('does not count what only ended because it was told to', async () => {
    const error = await failureOf(() =>
      defineContainer()
        .singleton(
          A,
          [Signal],
          (signal) =>
            new Promise<Named>((_, reject) => {
              signal.addEventListener('abort', () => reject(signal.reason));
            }),
        )
        .singleton(B, [], () => {
          throw new Error('boom');
        })
        .start(),
    );
    expect(error.errors).toHaveLength(1);
  });

  it('begins nothing that was still waiting', async () => {
    const { events, made } = record();
    await failureOf(() =>
      defineContainer()
        .singleton(A, [], async () => {
          await turn();
          throw new Error('boom');
        })
        .singleton(B, [A], made('b'))
        .singleton(C, [], async () => {
          await turn();
          await turn();
          return { name: 'c' };
        })
        .singleton(D, [C], made('d'))
        .start(),
    );
    expect(events).toEqual([]);
  });

  it('tells of failing disposers as well', async () => {
    const error = await failureOf(() =>
      defineContainer()
        .singleton(A, [], () => ({ name: 'a' }), {
          dispose: () => {
            throw new Error('stuck');
          },
        })
        .singleton(B, [A], () => {
          throw new Error('boom');
        })
        .start(),
    );
    expect(error.errors).toMatchObject([{ cause: { message: 'boom' } }, { message: 'stuck' }]);
  });

  it('leaves a container that can be closed and not started again', async () => {
    const container = defineContainer()
      .singleton(A, [], () => {
        throw new Error('boom');
      })
      .build();
    const first = await failureOf(() => container.start());
    const second = await failureOf(() => container.start());
    expect(second).toBe(first);
    expect(container.state).toBe('failed');
    await container.close();
    expect(container.state).toBe('closed');
    const unused = defineContainer().build();
    await unused.close();
    expect((await failureOf(() => unused.start())).code).toBe('CATZ_DI_CLOSED');
  });
});

describe('the time of a start', () => {
  it('is limited for all together, and the error names those still running', async () => {
    const { events, made, gone } = record();
    const late = deferred<Named>();
    const error = await failureOf(() =>
      defineContainer({ name: 'app' })
        .singleton(A, [], made('a'), { dispose: gone('a') })
        .singleton(B, [], () => late.promise, { dispose: gone('b') })
        .singleton(C, [B], made('c'))
        .start({ startTimeout: 20 }),
    );
    expect(error.code).toBe('CATZ_DI_START_TIMEOUT');
    expect(error.message).toBe('container app has not started within 20 ms; still running: b');
    expect(events).toEqual(['+a', '-a']);
    late.resolve({ name: 'b' });
    await turn();
    expect(events).toEqual(['+a', '-a', '-b']);
  });

  it('is limited for one factory, whose late service is released', async () => {
    const { events, gone } = record();
    const late = deferred<Named>();
    const error = await failureOf(() =>
      defineContainer()
        .singleton(A, [], () => late.promise, { dispose: gone('a'), startTimeout: 20 })
        .start(),
    );
    expect(error.code).toBe('CATZ_DI_START_TIMEOUT');
    expect(error.message).toBe('a has not started within 20 ms');
    late.resolve({ name: 'a' });
    await turn();
    expect(events).toEqual(['-a']);
  });

  it('that is over after a failure still tells the failure', async () => {
    const error = await failureOf(() =>
      defineContainer()
        .singleton(A, [], () => new Promise<Named>(() => {}))
        .singleton(B, [], () => {
          throw new Error('boom');
        })
        .start({ startTimeout: 20 }),
    );
    expect(error.code).toBe('CATZ_DI_START_FAILED');
    expect(error.errors).toMatchObject([
      { cause: { message: 'boom' } },
      { code: 'CATZ_DI_START_TIMEOUT', message: expect.stringContaining('still running: a') },
    ]);
  });

  it('does not wait for a slow disposer once it is over', async () => {
    const error = await failureOf(() =>
      defineContainer()
        .singleton(A, [], () => ({ name: 'a' }), { dispose: () => new Promise(() => {}) })
        .singleton(B, [], () => new Promise<Named>(() => {}))
        .start({ startTimeout: 20, disposeTimeout: Infinity }),
    );
    expect(error.code).toBe('CATZ_DI_START_TIMEOUT');
  });
});
