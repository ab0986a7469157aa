// Proves that whatever one regular expression matches, another does too.
// Invariant: true is a proof; false says nothing. Both are made into automata whose states are walked together, over one
// unit for each range in which neither tells units apart; too large ones are given up.
import { parseRegex } from './parse.ts';
import type { Regex } from './parse.ts';
import { isQuick } from './quick.ts';
import { samplesOf } from './sample.ts';
import { hasUnit } from './units.ts';
import type { Units } from './units.ts';

const MAX_STATES = 400;
const MAX_STEPS = 5000;

/** One state of an automaton: ways that take a unit, and ways that take none. */
interface State {
  readonly units: { readonly over: Units; readonly to: number }[];
  readonly free: number[];
}

interface Automaton {
  readonly states: readonly State[];
  readonly end: number;
}

/** Whether `wide` provably matches whatever `narrow` does; both begin with `^` and end with `$`, as find-my-way's do.
 * @param budget  steps that may still be made; gets fewer. Default: enough for one proof */
export function includes(
  wide: RegExp,
  narrow: RegExp,
  budget: { left: number } = { left: MAX_STEPS },
): boolean {
  // Most pairs have a text that shows the contrary.
  const texts = samplesOf(narrow).filter((text) => isQuick(wide, text));
  if (!texts.every((text) => wide.test(text))) return false;
  const outer = parseRegex(wide.source);
  const inner = parseRegex(narrow.source);
  if (!outer.isExact || !inner.coversAll) return false;
  return isIncluded(automatonOf(bodyOf(outer.root)), automatonOf(bodyOf(inner.root)), budget);
}

// What stands between the anchors at both ends.
function bodyOf(root: Regex): Regex | undefined {
  if (root.kind !== 'sequence') return undefined;
  const { items } = root;
  if (items[0]?.kind !== 'start' || items.at(-1)!.kind !== 'end') return undefined;
  return { kind: 'sequence', items: items.slice(1, -1) };
}

function isIncluded(
  outer: Automaton | undefined,
  inner: Automaton | undefined,
  budget: { left: number },
): boolean {
  if (outer === undefined || inner === undefined) return false;
  const alphabet = representatives([outer, inner]);
  const first = [closure(inner, [0]), closure(outer, [0])] as const;
  const seen = new Set([keyOf(first)]);
  const open = [first];
  let steps = 0;
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [innerNow, outerNow] = pair;
    if (innerNow.includes(inner.end) && !outerNow.includes(outer.end)) return false;
    for (const unit of alphabet) {
      if (++steps > MAX_STEPS || --budget.left < 0) return false;
      const next = step(inner, innerNow, unit);
      if (next.length === 0) continue;
      const both = [next, step(outer, outerNow, unit)] as const;
      const key = keyOf(both);
      if (seen.has(key)) continue;
      seen.add(key);
      open.push(both);
    }
  }
  return true;
}

function keyOf([inner, outer]: readonly [readonly number[], readonly number[]]): string {
  return `${inner.join(',')}|${outer.join(',')}`;
}

function step({ states, ...rest }: Automaton, now: readonly number[], unit: number): number[] {
  const next = now.flatMap((state) =>
    states[state]!.units.filter(({ over }) => hasUnit(over, unit)).map(({ to }) => to),
  );
  return closure({ states, ...rest }, next);
}

// The states that are reached without a unit, ascending.
function closure({ states }: Automaton, from: readonly number[]): number[] {
  const reached = new Set(from);
  for (const state of reached) for (const to of states[state]!.free) reached.add(to);
  return [...reached].sort((a, b) => a - b);
}

function representatives(automata: readonly Automaton[]): readonly number[] {
  const starts = new Set([0]);
  for (const { states } of automata) {
    for (const [from, to] of states.flatMap(({ units }) => units).flatMap(({ over }) => over)) {
      starts.add(from);
      starts.add(to + 1);
    }
  }
  starts.delete(0x10000);
  return [...starts];
}

/** Undefined for what is too large, and for anchors inside. */
function automatonOf(regex: Regex | undefined): Automaton | undefined {
  if (regex === undefined) return undefined;
  const states: State[] = [];
  const add = (): number => states.push({ units: [], free: [] }) - 1;

  // Builds what leads from a state to the one returned; -1 when it cannot be built.
  const build = (part: Regex, from: number): number => {
    if (states.length > MAX_STATES) return -1;
    switch (part.kind) {
      case 'unit': {
        const to = add();
        states[from]!.units.push({ over: part.units, to });
        return to;
      }
      case 'group':
        return build(part.item, from);
      case 'sequence':
        return part.items.reduce((at, item) => (at === -1 ? -1 : build(item, at)), from);
      case 'choice': {
        const to = add();
        for (const option of part.options) {
          const end = build(option, from);
          if (end === -1) return -1;
          states[end]!.free.push(to);
        }
        return to;
      }
      case 'repeat':
        return buildRepeat(part, from);
      default:
        return -1;
    }
  };
  const buildRepeat = ({ item, min, max }: Regex & { kind: 'repeat' }, from: number): number => {
    let at = from;
    for (let i = 0; i < min; i++) {
      at = build(item, at);
      if (at === -1) return -1;
    }
    const to = add();
    states[at]!.free.push(to);
    if (max === Infinity) {
      const again = build(item, to);
      if (again !== -1) states[again]!.free.push(to);
      return again === -1 ? -1 : to;
    }
    for (let i = min; i < max; i++) {
      at = build(item, at);
      if (at === -1) return -1;
      states[at]!.free.push(to);
    }
    return to;
  };

  const end = build(regex, add());
  return end === -1 ? undefined : { states, end };
}
