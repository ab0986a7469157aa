// What the Python edition of Catzilla did instead: each of these failed there.
import { describe, expect, it } from 'vitest';
import { asyncToken, defineContainer, token } from '../src/index.ts';
import { failureOf, record } from './support/record.ts';

type Named = { name: string };
const A = token<Named>('a');
const B = token<Named>('b');

describe('unlike the Python edition', () => {
  it('a scoped service is one per scope, not one per use', async () => {
    const { events, made } = record();
    await using container = await defineContainer().scoped(A, [], made('a')).start();
    await container.runInScope({ kind: 'request' }, (scope) =>
      expect(scope.get(A)).toBe(scope.get(A)),
    );
    expect(events).toEqual(['+a']);
  });

  it('what was made is disposed', async () => {
    const { events, made, gone } = record();
    const container = await defineContainer()
      .singleton(A, [], made('a'), { dispose: gone('a') })
      .scoped(B, [], made('b'), { dispose: gone('b') })
      .start();
    await container.runInScope({}, (scope) => scope.get(B));
    await container.close();
    expect(events).toEqual(['+a', '+b', '-b', '-a']);
  });

  it('an async factory gives its service, not a promise that nobody awaits', async () => {
    const { madeLater } = record();
    const Later = asyncToken<Named>('later');
    await using container = await defineContainer()
      .singleton(A, [], madeLater('a'))
      .scoped(Later, [A], async (a) => ({ name: `of ${a.name}` }))
      .start();
    await using scope = container.createScope();
    expect(container.get(A).name).toBe('a');
    expect(await container.injector([A, Later]).resolve(scope)).toEqual([
      { name: 'a' },
      { name: 'of a' },
    ]);
  });

  it('a cycle is found before anything runs', async () => {
    const { events, made } = record();
    const error = await failureOf(() =>
      defineContainer().singleton(A, [B], made('a')).singleton(B, [A], made('b')).start(),
    );
    expect([error.code, error.errors!.length, events]).toEqual(['CATZ_DI_INVALID', 1, []]);
    expect(error.errors![0]!.message).toContain('a -> b -> a');
  });

  it('graph and counters are those of what is there', async () => {
    await using container = await defineContainer()
      .singleton(A, [], () => ({ name: 'a' }))
      .scoped(B, [A], () => ({ name: 'b' }))
      .start();
    expect(container.graph()).toMatchObject({
      nodes: [{ token: 'a' }, { token: 'b' }],
      edges: [{ from: 'n1', to: 'n0', kind: 'strict' }],
    });
    expect(container.stats().tokens.map(({ created }) => created)).toEqual([1, 0]);
  });
});
