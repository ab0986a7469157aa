// HOT benchmark of a lookup: one router, one table, one traffic, in a process of its own. Each lookup gets a new string, and adds
// the id of the route and the lengths of its parameters to a checksum; before and after, id and parameters of the URLs are
// compared. Two loops take turns: one makes the strings and looks them up, one only makes them. A figure is the
// difference of their CPU times: what remains is the lookup and reading the parameters.
import { answer, readTask } from '../lib/child.mjs';
import { processCpu } from '../lib/clocks.mjs';
import { measure } from '../lib/measure.mjs';
import { median } from '../lib/statistics.mjs';
import { loadRouter } from './routers.mjs';
import { makeTable } from './tables.mjs';
import { lengths, makeTraffic } from './traffic.mjs';

/** ms, and how much more all threads may take than the measuring one. */
const WARM_WINDOW = 200;
const QUIET = 1.1;

const task = readTask();
const table = makeTable(task.size);
const traffic = makeTraffic(table, task.traffic);
const { bytes, ends, ids, values } = traffic;
const build = await loadRouter(task.router);
const opened = open();
if (opened.refused === undefined) {
  verify();
  const figures = await timed();
  verify();
  answer({ ...figures, buildMs: opened.buildMs, state: opened.router.state?.() });
} else {
  answer(opened);
}

/** A router that does not take the table says why, and that is the answer. Whatever else fails, fails the run. */
function open() {
  const cpu = processCpu();
  try {
    const router = build(table);
    router.find(bytes.latin1Slice(0, ends[0]));
    return { router, buildMs: (processCpu() - cpu) / 1e6 };
  } catch (error) {
    return { refused: `${error.name}: ${error.message}` };
  }
}

async function timed() {
  const { turns, patience, window, unit } = task.timing;
  const lookups = makeLookups(opened.router);
  const lengthOf = lengths(ends);
  const settledMs = await settle(lookups, { unit, patience });
  const found = [];
  const made = [];
  for (let turn = 0; turn < turns; turn++) {
    const pace = { unit, blocks: 2, warm: window / 4 };
    found.push(await measure(lookups, traffic.sumOf, { ...pace, window }));
    made.push(await measure(makeStrings, lengthOf, { ...pace, window: window / 2 }));
  }
  const of = (samples, field) => median(samples.map((sample) => sample[field]));
  const stringNs = of(made, 'threadNs');
  return {
    threadNs: of(found, 'threadNs') - stringNs,
    // What other threads do meanwhile is not done for the strings.
    processNs: of(found, 'processNs') - stringNs,
    wallNs: of(found, 'wallNs') - of(made, 'wallNs'),
    stringNs,
    settledMs,
    ops: found.reduce((sum, { ops }) => sum + ops, 0),
  };
}

/** Warms up until V8 has stopped compiling, which generated code of many routes keeps it at for long: until other threads do next
 * to nothing twice in a row, or patience is at an end. */
async function settle(lookups, { unit, patience }) {
  const start = performance.now();
  for (let quiet = 0; quiet < 2 && performance.now() - start < patience;) {
    const pace = { unit, blocks: 1, warm: 0, window: WARM_WINDOW };
    const { threadNs, processNs } = await measure(lookups, traffic.sumOf, pace);
    quiet = processNs < QUIET * threadNs ? quiet + 1 : 0;
  }
  return performance.now() - start;
}

function makeLookups({ find, idOf, valueOf }) {
  const names = table.map((route) => route.names);
  const count = ends.length;
  return (ops) => {
    let sum = 0;
    let at = 0;
    let start = 0;
    for (let op = 0; op < ops; op++) {
      const end = ends[at];
      const found = find(bytes.latin1Slice(start, end));
      const id = idOf(found);
      const due = names[id];
      sum += id;
      for (let n = 0; n < due.length; n++) sum += (n + 2) * valueOf(found, due[n], n).length;
      start = end;
      if (++at === count) at = start = 0;
    }
    return sum;
  };
}

function makeStrings(ops) {
  const count = ends.length;
  let sum = 0;
  let at = 0;
  let start = 0;
  for (let op = 0; op < ops; op++) {
    const end = ends[at];
    sum += bytes.latin1Slice(start, end).length;
    start = end;
    if (++at === count) at = start = 0;
  }
  return sum;
}

/** All URLs, or as many as fit into a second: a linear search of a large table is slow. */
function verify() {
  const { find, idOf, valueOf } = opened.router;
  const limit = performance.now() + 1000;
  for (let at = 0; at < ends.length && performance.now() < limit; at++) {
    const url = bytes.latin1Slice(at === 0 ? 0 : ends[at - 1], ends[at]);
    const found = find(url);
    const { pattern, names } = table[ids[at]];
    const id = found ? idOf(found) : undefined;
    if (id !== ids[at]) throw new Error(`${url}: expected ${pattern}, got ${table[id]?.pattern}`);
    names.forEach((name, n) => {
      const value = valueOf(found, name, n);
      if (value === values[at][n]) return;
      throw new Error(`${url}: expected ${name} to be ${values[at][n]}, got ${value}`);
    });
  }
}
