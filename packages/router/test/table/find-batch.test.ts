// Many targets at once: what arrays it takes, what it leaves in them, what it refuses.
import { expect, it } from 'vitest';
import type { EngineName } from '../../src/engine/engine.ts';
import { BAD_ARGUMENT, loadTrie } from '../../src/native/addon.ts';
import { RouteTable } from '../../src/table/route-table.ts';
import type { BuiltTable } from '../../src/table/built-table.ts';
import { thrownBy } from '../support/tables.ts';

const ENGINES: readonly EngineName[] = ['walk', 'compile', 'native'];

function build(engine: EngineName): BuiltTable<string> {
  const table = new RouteTable<string>({ engine });
  table.add('POST', '/a', 'p').add('GET', '/b/:x', 'b').add('GET', '/a', 'a');
  return table.add('GET', '/c/:n(\\d+)', 'c').build();
}

/** The targets of one batch, in bytes as they come over the wire. */
function batch(targets: readonly string[]): [Uint8Array, Uint32Array, Int32Array] {
  let end = 0;
  const ends = Uint32Array.from(targets, (target) => (end += target.length));
  return [Buffer.from(targets.join(''), 'latin1'), ends, new Int32Array(targets.length)];
}

for (const engine of ENGINES) {
  it(`gives ids of the table, -1 for misses, and how many it found, with engine ${engine}`, () => {
    const [bytes, ends, out] = batch([
      '/a',
      '/b/7?x',
      '',
      '/nope',
      '/c/1',
      '/c/x',
      '/%61',
      '/\xe9',
    ]);
    expect(build(engine).findBatch('GET', bytes, ends, out)).toBe(4);
    expect([...out]).toEqual([2, 1, -1, -1, 3, -1, 2, -1]);
  });

  it(`finds nothing for a method without routes, with engine ${engine}`, () => {
    const [bytes, ends, out] = batch(['/a', '/b/7']);
    expect(build(engine).findBatch('PUT', bytes, ends, out, { raw: true })).toBe(0);
    expect([...out]).toEqual([-1, -1]);
  });
}

it('leaves to the caller what only JavaScript can decide, when asked to', () => {
  const [bytes, ends, out] = batch(['/a', '/c/1', '/%61', '/nope', '/\xe9']);
  expect(build('native').findBatch('GET', bytes, ends, out, { raw: true })).toBe(1);
  expect([...out]).toEqual([2, -2, -2, -1, -2]);
});

it('decides everything where no native code is at work, whatever is asked', () => {
  const [bytes, ends, out] = batch(['/c/1', '/%61', '/nope']);
  expect(build('walk').findBatch('GET', bytes, ends, out, { raw: true })).toBe(2);
  expect([...out]).toEqual([3, 2, -1]);
});

it('reads bytes where they stand in a larger buffer, and ends at their end', () => {
  const large = Buffer.from('xxx/axxx');
  const out = new Int32Array(1);
  const bytes = large.subarray(3, 5);
  expect(build('native').findBatch('GET', bytes, Uint32Array.of(2), out)).toBe(1);
  expect(build('walk').findBatch('GET', bytes, Uint32Array.of(2), out)).toBe(1);
  expect(() => build('walk').findBatch('GET', bytes, Uint32Array.of(3), out)).toThrow('up to 2');
});

it('writes no further than there are ends', () => {
  const out = new Int32Array(3).fill(77);
  build('native').findBatch('GET', Buffer.from('/a'), Uint32Array.of(2), out);
  expect([...out]).toEqual([2, 77, 77]);
});

it('does nothing for no targets', () => {
  const empty: [Uint8Array, Uint32Array, Int32Array] = batch([]);
  expect(build('native').findBatch('GET', ...empty)).toBe(0);
});

it('refuses arrays of another kind, or too short a result', () => {
  const [bytes, ends, out] = batch(['/a', '/a']);
  for (const [name, wrong] of [
    ['bytes', ['/a', ends, out]],
    ['bytes', [new Uint16Array(4), ends, out]],
    ['ends', [bytes, [2, 4], out]],
    ['ends', [bytes, new Int32Array(2), out]],
    ['out', [bytes, ends, new Uint32Array(2)]],
    ['out', [bytes, ends, new Int32Array(1)]],
    ['out', [bytes, ends, undefined]],
  ] as const) {
    for (const engine of ENGINES) {
      const args = wrong as unknown as [Uint8Array, Uint32Array, Int32Array];
      const error = thrownBy(() => build(engine).findBatch('GET', ...args));
      expect(error.code, name).toBe('CATZ_ROUTER_OPTIONS');
      expect(error.message).toContain(`expected ${name} to be`);
    }
  }
});

it('refuses ends that go back, or beyond the bytes', () => {
  for (const ends of [[2, 1], [5], [2, 0xffffffff], [0xffffffff]]) {
    const run = (): number =>
      build('native').findBatch(
        'GET',
        Buffer.from('/a/a'),
        Uint32Array.from(ends),
        new Int32Array(2),
      );
    expect(thrownBy(run).code, String(ends)).toBe('CATZ_ROUTER_OPTIONS');
  }
});

it('refuses ends that another thread could change', () => {
  const ends = new Uint32Array(new SharedArrayBuffer(4));
  ends[0] = 2;
  const error = thrownBy(() =>
    build('native').findBatch('GET', Buffer.from('/a'), ends, new Int32Array(1)),
  );
  expect(error.code).toBe('CATZ_ROUTER_OPTIONS');
  expect(error.message).toContain('not shared');
});

it('reads a detached array as an empty one', () => {
  const [bytes, ends, out] = batch(['/a']);
  structuredClone(ends.buffer, { transfer: [ends.buffer as ArrayBuffer] });
  expect(build('native').findBatch('GET', bytes, ends, out)).toBe(0);
});

it('is refused by native code for arrays that do not fit, which no table gives it', () => {
  const { findBatch } = loadTrie(build('walk').image('GET')!)!;
  const [bytes, ends, out] = batch(['/a']);
  expect(findBatch(bytes, ends, new Int32Array(0))).toBe(BAD_ARGUMENT);
  expect(findBatch(ends as never, ends, out)).toBe(BAD_ARGUMENT);
  expect(findBatch(bytes, out as never, out)).toBe(BAD_ARGUMENT);
  expect(findBatch(bytes, ends, ends as never)).toBe(BAD_ARGUMENT);
  expect((findBatch as () => number)()).toBe(BAD_ARGUMENT);
});
