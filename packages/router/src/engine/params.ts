// Makes the params object of a route from what a native hit left in the words: one function per list of names.
// Invariant: as find-my-way does, no prototype, keys in the order of the pattern, and of two equal names the last wins.
// The functions are generated, as find-my-way's own are, so that V8 sees constant names: a loop over names costs several
// times as much. Names go in as JSON text.
import type { Params } from '../find-my-way/router.ts';
import { WORD_FIRST_PARAM, words } from '../native/addon.ts';

/** Reads the params of the hit just found. */
export type ReadParams = (target: string) => Params;

/** A constructor of objects without a prototype, faster than Object.create(null). */
const Bare = function () {} as unknown as { new (): Params; prototype: object };
Bare.prototype = Object.create(null);

const readers = new Map<string, ReadParams>();

/** The reader for a route's parameter names, shared by all routes with the same ones. */
export function paramsReader(names: readonly string[]): ReadParams {
  // No name holds a slash: find-my-way ends it there. The number tells no name from one empty name.
  const key = `${names.length}/${names.join('/')}`;
  let reader = readers.get(key);
  if (reader === undefined) {
    reader = generate(names);
    readers.set(key, reader);
  }
  return reader;
}

function generate(names: readonly string[]): ReadParams {
  const lines = names.map((name, i) => {
    const begin = WORD_FIRST_PARAM + i * 2;
    return `params[${JSON.stringify(name)}] = target.slice(words[${begin}], words[${begin + 1}]);`;
  });
  const body = `return function readParams(target) { const params = new Bare(); ${lines.join(' ')} return params; };`;
  // oxlint-disable-next-line typescript/no-implied-eval -- see the head of this file
  return new Function('Bare', 'words', body)(Bare, words) as ReadParams;
}
