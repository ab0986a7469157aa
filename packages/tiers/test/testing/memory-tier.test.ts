import { describe, expect, it } from 'vitest';
import { encodeTombstone } from '../../src/envelope/encode.ts';
import type { RemoteState, RemoteStore } from '../../src/remote/remote-tier.ts';
import { fakeClock, memoryServer, memoryTier } from '../../src/testing/index.ts';

function opened(
  options: Parameters<typeof memoryTier>[0] = {},
  name = 'main',
): { store: RemoteStore; states: RemoteState[] } {
  const states: RemoteState[] = [];
  const store = memoryTier(options).open({
    name,
    now: () => 0,
    onState: (state) => states.push(state),
  });
  return { store, states };
}

const value = Buffer.from('value');

describe('a memory tier', () => {
  it('is ready after the call that opened it, and tells each change of state', async () => {
    const { store, states } = opened();
    expect([store.state, states]).toEqual(['connecting', []]);
    await Promise.resolve();
    expect([store.state, states]).toEqual(['ready', ['ready']]);
    await store.close();
    await store.close();
    expect(states).toEqual(['ready', 'closed']);
  });

  it('does not become ready when it was closed first', async () => {
    const { store, states } = opened();
    await store.close();
    await Promise.resolve();
    expect(states).toEqual(['closed']);
  });

  it('shares its server with others of the same name, and not with those of another', async () => {
    const server = memoryServer();
    const [one, two] = [opened({ server }).store, opened({ server }).store];
    const other = opened({ server }, 'other').store;
    await one.set('', { key: 'k', bytes: value, ttl: 1000 });
    expect(await two.get('', 'k')).toEqual(value);
    expect(await other.get('', 'k')).toBe(undefined);
    expect(await one.lock('', 'k', 'one', 1000)).toBeGreaterThan(0);
    expect(await two.lock('', 'k', 'two', 1000)).toBe(undefined);
    await one.raiseEpochs(['t'], 'soft', 7, 1000);
    expect(await two.readEpochs(['t'])).toEqual([[0, 7]]);
    expect(await other.readEpochs(['t'])).toEqual([[0, 0]]);
    await one.close();
    expect(await two.get('', 'k')).toEqual(value);
    server.flush();
    expect(await two.get('', 'k')).toBe(undefined);
    expect(await two.readEpochs(['t'])).toEqual([[0, 0]]);
  });

  it('keeps the time of the clock it is given', async () => {
    const clock = fakeClock();
    const { store } = opened({ server: memoryServer({ clock }) });
    await store.set('', { key: 'k', bytes: value, ttl: 100 });
    await store.lock('', 'k', 'a', 100);
    await store.raiseEpochs(['t'], 'hard', 1, 100);
    clock.advance(99);
    expect(await store.get('', 'k')).toEqual(value);
    expect(await store.readEpochs(['t'])).toEqual([[1, 0]]);
    expect(await store.time()).toBe(1_700_000_000_099);
    clock.advance(1);
    expect(await store.get('', 'k')).toBe(undefined);
    expect(await store.readEpochs(['t'])).toEqual([[0, 0]]);
    expect(await store.extendLock('', 'k', 'a', 100)).toBe(false);
    // Fences grow though the clock stands, or is set back.
    const first = (await store.lock('', 'k', 'b', 100))!;
    clock.setWall(1_600_000_000_000);
    expect(await store.lock('', 'other', 'b', 100)).toBe(first + 1);
    expect(await store.sweep('', Infinity)).toBe(0);
  });

  it('does not sweep what is no envelope', async () => {
    const { store } = opened();
    await store.set('', { key: 'foreign', bytes: value, ttl: Infinity });
    await store.set('', { key: 'k', bytes: encodeTombstone(5, Infinity), ttl: Infinity });
    expect(await store.sweep('', 6)).toBe(1);
    expect(await store.get('', 'foreign')).toEqual(value);
  });

  it('refuses options that it does not know or cannot use', () => {
    expect(() => memoryTier({ sever: 1 } as never)).toThrow('did you mean server?');
    expect(() => memoryTier({ server: {} } as never)).toThrow('made by memoryServer()');
    expect(() => memoryServer({ clock: {} } as never)).toThrow('options.clock to be a Clock');
  });
});

describe('a fake clock', () => {
  it('stands until it is moved, and its monotonic time never goes back', () => {
    const clock = fakeClock(5000);
    expect([clock.mono(), clock.wall()]).toEqual([0, 5000]);
    clock.advance(10);
    clock.setWall(1);
    expect([clock.mono(), clock.wall()]).toEqual([10, 1]);
    expect(() => clock.advance(-1)).toThrow(RangeError);
    expect(() => clock.advance(Number.NaN)).toThrow(RangeError);
  });
});
