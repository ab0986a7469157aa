// How short and how long the matches of a regular expression can be.
// Invariant: bounds that hold. What the parser leaves out could make matches rarer, and backreferences longer: the upper
// bound wants a tree that covers all.
import type { Regex } from './parse.ts';

/** The units of the shortest match; Infinity when there is none. */
export function shortestMatch(regex: Regex): number {
  return lengthOf(regex, 0, 0);
}

/** The units of the longest match at most; may be Infinity. */
export function longestMatch(regex: Regex): number {
  switch (regex.kind) {
    case 'unit':
      return 1;
    case 'group':
      return longestMatch(regex.item);
    case 'choice':
      return Math.max(...regex.options.map(longestMatch));
    case 'sequence':
      return regex.items.reduce((sum, item) => sum + longestMatch(item), 0);
    case 'repeat':
      return regex.max === 0 ? 0 : regex.max * longestMatch(regex.item) || 0;
    default:
      return 0;
  }
}

/** The units that a group has at least which is part of every match; 0 without such a group. */
export function longestNeededGroup(regex: Regex): number {
  switch (regex.kind) {
    case 'group':
      return Math.max(shortestMatch(regex.item), longestNeededGroup(regex.item));
    case 'sequence':
      return Math.max(0, ...regex.items.map(longestNeededGroup));
    case 'choice':
      return Math.min(...regex.options.map(longestNeededGroup));
    case 'repeat':
      return regex.min > 0 ? longestNeededGroup(regex.item) : 0;
    default:
      return 0;
  }
}

// `before` and `after` are what is matched around it at least: an anchor that has text on its wrong side never matches.
function lengthOf(regex: Regex, before: number, after: number): number {
  switch (regex.kind) {
    case 'unit':
      return regex.units.length === 0 ? Infinity : 1;
    case 'start':
      return before > 0 ? Infinity : 0;
    case 'end':
      return after > 0 ? Infinity : 0;
    case 'group':
      return lengthOf(regex.item, before, after);
    case 'choice':
      return Math.min(...regex.options.map((option) => lengthOf(option, before, after)));
    case 'repeat':
      // Times nothing would be no number where the item never matches.
      return regex.min === 0 ? 0 : regex.min * lengthOf(regex.item, before, after);
    case 'sequence':
      return lengthOfSequence(regex.items, before, after);
  }
}

function lengthOfSequence(items: readonly Regex[], before: number, after: number): number {
  const behind = [after];
  for (const item of items.toReversed()) behind.push(behind.at(-1)! + lengthOf(item, 0, 0));
  let length = 0;
  items.forEach((item, i) => {
    length += lengthOf(item, before + length, behind[items.length - 1 - i]!);
  });
  return length;
}
