// HOT benchmark of checks: one library and one value, all ways to check it, in one process. The ways take turns in short windows,
// because they are compared to a few per cent, and each has a loop of its own, so that no call site sees two of them.
import { compileFunction } from 'node:vm';
import { answer, readTask } from '../lib/child.mjs';
import { measure } from '../lib/measure.mjs';
import { median } from '../lib/statistics.mjs';
import { loadChecks } from './checks.mjs';
import { BAD, GOOD } from './schemas.mjs';

const VALUES = 64;
const LOOP = `return (ops) => {
  let fits = 0;
  const count = values.length;
  for (let op = 0, at = 0; op < ops; op++) {
    if (check(values[at])) fits++;
    if (++at === count) at = 0;
  }
  return fits;
};`;

const { library, isGood, timing } = readTask();
const checks = await loadChecks(library);
const values = Array.from({ length: VALUES }, (_, at) => ({
  ...(isGood ? GOOD : BAD),
  id: 1 + at,
  address: { ...(isGood ? GOOD : BAD).address },
}));
const contestants = checks.map(({ way, check }) => ({ way, loop: makeLoop(check), taken: [] }));
verify();
for (const { loop } of contestants) await take(loop, { warm: timing.warm, window: timing.window });
for (let turn = 0; turn < timing.turns; turn++) {
  for (let step = 0; step < contestants.length; step++) {
    const { loop, taken } = contestants[(turn + step) % contestants.length];
    taken.push(await take(loop, { warm: timing.window / 4, window: timing.window }));
  }
}
verify();
answer(
  Object.fromEntries(
    contestants.map(({ way, taken }) => [
      way,
      {
        threadNs: of(taken, 'threadNs'),
        processNs: of(taken, 'processNs'),
        wallNs: of(taken, 'wallNs'),
        windows: taken.map(({ threadNs }) => threadNs),
      },
    ]),
  ),
);

function take(loop, pace) {
  return measure(loop, (ops) => (isGood ? ops : 0), { unit: VALUES, blocks: 2, ...pace });
}

function of(taken, field) {
  return median(taken.map((one) => one[field]));
}

/** Compiled anew from its text, so that what V8 learns of one call is not used for another. */
function makeLoop(check) {
  return compileFunction(LOOP, ['check', 'values'])(check, values);
}

function verify() {
  for (const { way, check } of checks) {
    const verdicts = [check(structuredClone(GOOD)), check(structuredClone(BAD))];
    if (verdicts.join() !== 'true,false') {
      throw new Error(`${library}, ${way}: expected true of what fits and false of what does not`);
    }
  }
}
