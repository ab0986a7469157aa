// Finds text that a regular expression matches: typical values first, then values made of its source.
// Invariant: a sample was tested; that there is none proves nothing.
import { parseRegex } from './parse.ts';
import { isQuick } from './quick.ts';
import type { Regex } from './parse.ts';
import { hasUnit } from './units.ts';
import type { Units } from './units.ts';

/** Values that parameters of real routes have. */
const TYPICAL = [
  '1',
  'a',
  'abc',
  '12',
  '2024',
  'a-b',
  'A',
  '1.0',
  'file.txt',
  '2024-01-31',
  '2024-01-31T12:00:00Z',
  'en',
  'en-US',
  'user@example.com',
  '550e8400-e29b-41d4-a716-446655440000',
  '507f1f77bcf86cd799439011',
  '',
];
/** Units that are taken from a set, if it has them, in this order. */
const PREFERRED = Array.from('1axA0zZ2b_-.~ ', (unit) => unit.charCodeAt(0));
const TURNS = 12;
const MAX_LENGTH = 4096;

const known = new WeakMap<RegExp, readonly string[]>();

/** A text that the expression matches and `fits` accepts; undefined when none of a few tries does.
 * @param fits  default: any */
export function sampleOf(
  regex: RegExp,
  fits: (text: string) => boolean = () => true,
): string | undefined {
  return samplesOf(regex).find(fits);
}

/** Texts that the expression matches. */
export function samplesOf(regex: RegExp): readonly string[] {
  let texts = known.get(regex);
  if (texts === undefined) {
    const { root } = parseRegex(regex.source);
    const made = Array.from({ length: TURNS }, (_, turn) => write(root, turn));
    texts = [...new Set([...TYPICAL, ...made])].filter(
      (text) => isQuick(regex, text) && regex.test(text),
    );
    known.set(regex, texts);
  }
  return texts;
}

// Each turn takes other options and other counts.
function write(regex: Regex, turn: number): string {
  switch (regex.kind) {
    case 'unit':
      return pick(regex.units, turn);
    case 'group':
      return write(regex.item, turn);
    case 'choice':
      return write(regex.options.at(-1 - (turn % regex.options.length))!, turn);
    case 'sequence':
      return regex.items.map((item) => write(item, turn)).join('');
    case 'repeat':
      return writeTimes(regex, turn);
    default:
      return '';
  }
}

function writeTimes({ item, min, max }: Regex & { kind: 'repeat' }, turn: number): string {
  const wanted = turn % 3 === 1 ? min : Math.max(min, 1) + (turn % 3);
  let text = '';
  for (let i = Math.min(wanted, max); i > 0 && text.length < MAX_LENGTH; i--) {
    text += write(item, turn < 3 ? turn : turn + i);
  }
  return text;
}

function pick(units: Units, turn: number): string {
  const [first] = units;
  if (first === undefined) return '';
  const preferred = PREFERRED.filter((unit) => hasUnit(units, unit));
  return String.fromCharCode(preferred[turn % preferred.length] ?? first[0]);
}
