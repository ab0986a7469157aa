// Keeps expressions away from text on which they may take exponential time: what routes are looked at for must not stop
// an application from starting.
import { parseRegex } from './parse.ts';
import type { Regex } from './parse.ts';

/** Text that any expression is done with soon. */
const MAX_LENGTH = 12;

const known = new WeakMap<RegExp, boolean>();

/** Whether an expression can be tried on a text in next to no time. */
export function isQuick(regex: RegExp, text: string): boolean {
  if (text.length <= MAX_LENGTH) return true;
  let isNestedOne = known.get(regex);
  if (isNestedOne === undefined) {
    isNestedOne = isNested(parseRegex(regex.source).root, false);
    known.set(regex, isNestedOne);
  }
  return !isNestedOne;
}

// A repeat within a repeat, and a choice within one, may match the same text in many ways.
function isNested(regex: Regex, isRepeated: boolean): boolean {
  switch (regex.kind) {
    case 'group':
      return isNested(regex.item, isRepeated);
    case 'sequence':
      return regex.items.some((item) => isNested(item, isRepeated));
    case 'choice':
      return isRepeated || regex.options.some((option) => isNested(option, isRepeated));
    case 'repeat': {
      const repeats = regex.max > 1 && regex.max !== regex.min;
      return (repeats && isRepeated) || isNested(regex.item, isRepeated || repeats);
    }
    default:
      return false;
  }
}
