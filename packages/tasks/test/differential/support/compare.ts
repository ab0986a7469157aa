// Runs the same steps on two sides and finds the first at which they differ; and cuts a run that does down to what it takes.
// Invariant: both sides begin empty and see the same clock, which the caller lets run here alone.
import { isDeepStrictEqual } from 'node:util';
import { vi } from 'vitest';
import { chooserOf, DEDUPLICATION_IDS, SCHEDULER_IDS, START } from './generate.ts';
import { isLeftOut } from './left-out.ts';
import { observe } from './observe.ts';
import type { View } from './observe.ts';
import { QUEUE_NAMES } from './operation.ts';
import type { QueueName, Step } from './operation.ts';
import { perform } from './perform.ts';
import type { Random } from './random.ts';
import { randomOf } from './random.ts';
import type { Side } from './side.ts';

/** Two sides that are empty. */
export interface Pair {
  readonly left: Side;
  readonly right: Side;
  /** Looks at what a run without a difference has left.
   * @returns what is wrong with it */
  atEnd(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Makes a pair anew for each run. */
export type OpenPair = (seed: number) => Promise<Pair>;

export interface Difference {
  readonly steps: readonly Step[];
  /** What differs after the last step. */
  readonly text: string;
}

/** Where the steps of a run come from: a list, or a choice from what is there. */
type Source = (index: number, view: View) => Step | undefined;

/** Runs `count` steps chosen by a seed.
 * @returns what differed, with the steps up to it */
export function runSeed(
  open: OpenPair,
  seed: number,
  count: number,
): Promise<Difference | undefined> {
  const random = randomOf(seed);
  const chooser = chooserOf(random);
  return run(open, seed, (index, view) =>
    index < count ? { wait: waitOf(random), operation: chooser.operation(view) } : undefined,
  );
}

/** Runs given steps. */
function runSteps(
  open: OpenPair,
  seed: number,
  steps: readonly Step[],
): Promise<Difference | undefined> {
  return run(open, seed, (index) => steps[index]);
}

/** Leaves out steps, in ever smaller pieces, as long as the rest still differs.
 * @param budget  runs at most */
export async function shrink(
  open: OpenPair,
  seed: number,
  found: Difference,
  budget: number,
): Promise<Difference> {
  let best = found;
  let runs = 0;
  for (let size = best.steps.length >> 1; size >= 1; size >>= 1) {
    for (let from = 0; from + size < best.steps.length && runs < budget;) {
      const fewer = [...best.steps.slice(0, from), ...best.steps.slice(from + size)];
      const difference = await runSteps(open, seed, fewer);
      runs++;
      if (difference === undefined) from += size;
      else best = difference;
    }
  }
  return best;
}

async function run(open: OpenPair, seed: number, source: Source): Promise<Difference | undefined> {
  vi.setSystemTime(START);
  const pair = await open(seed);
  const { left, right } = pair;
  try {
    const known = { alpha: new Set<string>(), beta: new Set<string>() };
    const steps: Step[] = [];
    const names = [left.name, right.name] as const;
    let view = await viewOf(left, known);
    let differs = differenceOf(names, view, await viewOf(right, known));
    for (let index = 0; differs === undefined; index++) {
      const step = source(index, view);
      if (step === undefined) {
        const text = await pair.atEnd();
        return text === undefined ? undefined : { steps, text };
      }
      if (isLeftOut(step.operation, view)) continue;
      steps.push(step);
      vi.setSystemTime(Date.now() + step.wait);
      const outcomes = [await perform(left, step.operation), await perform(right, step.operation)];
      remember(known, view);
      view = await viewOf(left, known);
      const other = await viewOf(right, known);
      differs = differenceOf(
        names,
        { outcome: outcomes[0], ...view },
        { outcome: outcomes[1], ...other },
      );
    }
    return { steps, text: differs };
  } finally {
    await pair.close();
  }
}

/** All that can be seen of a side.
 * @param known  ids of jobs that may be gone; default: only what is there */
export function viewOf(
  side: Side,
  known: Readonly<Record<QueueName, ReadonlySet<string>>> = { alpha: new Set(), beta: new Set() },
): Promise<View> {
  return observe(side, known, DEDUPLICATION_IDS, SCHEDULER_IDS);
}

function remember(known: Readonly<Record<QueueName, Set<string>>>, view: View): void {
  for (const queue of QUEUE_NAMES) {
    for (const ids of Object.values(view[queue].ids)) for (const id of ids) known[queue].add(id);
  }
}

// A step takes at least a millisecond, so that what finishes does so in an order; sometimes long enough for what is delayed.
function waitOf(random: Random): number {
  return random.oneIn(5) ? random.pick([100, 1000, 5000, 61_000]) : 1 + random.below(20);
}

/** What differs, path by path; undefined: nothing.
 * @param names  what the two are called in the text */
export function differenceOf(
  names: readonly [string, string],
  a: unknown,
  b: unknown,
): string | undefined {
  const lines: string[] = [];
  collect('', a, b, lines, names);
  return lines.length === 0 ? undefined : lines.slice(0, 40).join('\n');
}

function collect(
  path: string,
  a: unknown,
  b: unknown,
  lines: string[],
  names: readonly [string, string],
): void {
  if (isDeepStrictEqual(a, b)) return;
  if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      collect(`${path}.${key}`, a[key], b[key], lines, names);
    }
    return;
  }
  lines.push(`${path}\n  ${names[0]}: ${JSON.stringify(a)}\n  ${names[1]}: ${JSON.stringify(b)}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
