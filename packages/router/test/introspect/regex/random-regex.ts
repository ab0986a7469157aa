// Random regular expressions over a tiny alphabet, and texts to try them on.
import type { Random } from '../../support/random.ts';

const ATOMS =
  'a b 1 - \\d \\w . [ab] [^a] [a-b1] [\\d-] \\. \\- \\s \\S \\D \\W [] [^] [\\b] \\n (?=a) (?!b) \\b { a]'.split(
    ' ',
  );
const MARKS = ['*', '+', '?', '{2}', '{1,2}', '{0}', '{1,}', '*?', '+?', '??', '{0,1}?'];
const LETTERS = ['a', 'b', '1', '-', '.', 'A', '_', '\n', '\b', '\u2028', '{', ']'];

export function randomSource(random: Random, depth = 0): string {
  const count = 1 + random.int(3);
  let source = '';
  for (let i = 0; i < count; i++) source += random.once(3) ? group(random, depth) : atom(random);
  return depth > 0 && random.once(3) ? `${source}|${atom(random)}` : source;
}

export function randomText(random: Random): string {
  return Array.from({ length: random.int(6) }, () => random.pick(LETTERS)).join('');
}

function atom(random: Random): string {
  const text = random.pick(ATOMS);
  // A look-around and a boundary cannot be repeated, and a brace would be one.
  const isPlain = !/^(?:\(|\\b|\{|a\])/.test(text);
  return isPlain && random.once(3) ? text + random.pick(MARKS) : text;
}

function group(random: Random, depth: number): string {
  if (depth > 2) return atom(random);
  const inner = randomSource(random, depth + 1);
  const text = random.once(2) ? `(${inner})` : `(?:${inner})`;
  return random.once(2) ? text + random.pick(MARKS) : text;
}
