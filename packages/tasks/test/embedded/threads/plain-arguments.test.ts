// Arguments as they arrive in another thread.
import { expect, it } from 'vitest';
import { packArguments, unpackArguments } from '../../../src/embedded/threads/plain-arguments.ts';

function cross(member: string, ...given: unknown[]): unknown[] {
  const { json, args } = structuredClone(packArguments(member, given));
  return unpackArguments(json, args);
}

it('keeps plain values, undefined and Infinity among them, and flat objects with such', () => {
  const given = [
    'a',
    1,
    Infinity,
    true,
    null,
    undefined,
    { count: Infinity, age: undefined },
    ['a'],
  ];
  expect(cross('getRanges', ...given)).toStrictEqual(given);
});

it('makes of the rest what JSON makes of it', () => {
  const when = new Date(0);
  const given = { when, deep: { skipped: undefined, run: () => 1, list: [1, [2]] } };
  expect(cross('addJob', given, when)).toStrictEqual([
    { when: when.toISOString(), deep: { list: [1, [2]] } },
    when.toISOString(),
  ]);
  expect(cross('updateProgress', 'id', { toJSON: () => undefined })).toStrictEqual([
    'id',
    undefined,
  ]);
  class Money {
    readonly cents = 5;
    toJSON() {
      return `${String(this.cents)} cents`;
    }
  }
  expect(cross('updateProgress', 'id', new Money())).toStrictEqual(['id', '5 cents']);
});

it('leaves out functions and symbols, in flat objects, too', () => {
  const given = [() => 1, Symbol('s'), { a: 1, run: () => 1 }, { a: 1, s: Symbol('s') }];
  expect(cross('addLog', ...given)).toStrictEqual([undefined, undefined, { a: 1 }, { a: 1 }]);
});

it('takes of a job what backends read, and changes nothing with the caller', () => {
  const job = { id: '1', opts: { attempts: 3, lifo: true, delay: 5 }, queue: { on: () => 1 } };
  const keep = { count: 2 };
  const { args } = packArguments('moveToCompleted', [job, { deep: { n: 1 } }, keep, 'token', true]);
  keep.count = 7;
  expect(args).toStrictEqual([
    { id: '1', opts: { attempts: 3, lifo: true } },
    '{"deep":{"n":1}}',
    { count: 2 },
    'token',
    true,
  ]);
});

it('refuses at the caller what JSON refuses', () => {
  const round: { self?: unknown } = {};
  round.self = round;
  expect(() => packArguments('updateData', [{ id: '1', opts: {} }, round])).toThrow(TypeError);
});
