// What making an engine costs, in a process of its own, in which nothing is compiled yet, as at the start of a server: CPU
// time of all threads, so that the collector counts, and what is held after full collections. First find-my-way's tree of
// the table, then the engine on top of it.
import { answer, readTask } from '../lib/child.mjs';
import { processCpu, threadCpu } from '../lib/clocks.mjs';
import { plainRouters } from './routers.mjs';
import { makeTable } from './tables.mjs';

const { engine, size } = readTask();
const table = makeTable(size);
const plain = await plainRouters();
const { accelerate } = await import('@catzilla/router');
const put = {
  walk: () => undefined,
  compile: (router) => router.compile(),
  native: (router) => accelerate(router, { engine }),
  auto: (router) => accelerate(router, { engine }),
}[engine];
/** What was made stays reachable until its memory has been counted. */
const kept = [];

const tree = cost(() => plain(table));
const router = kept[0];
try {
  const top =
    engine === 'walk' ? { processMs: 0, threadMs: 0, heldMb: 0 } : cost(() => put(router));
  answer({
    processMs: tree.processMs + top.processMs,
    threadMs: tree.threadMs + top.threadMs,
    treeMs: tree.processMs,
    overTree: (tree.processMs + top.processMs) / tree.processMs,
    heldMb: tree.heldMb + top.heldMb,
    engineMb: top.heldMb,
    imageBytes: kept[1]?.engines?.[0].native?.imageBytes ?? 0,
    state: kept[1]?.engines?.[0].name,
  });
} catch (error) {
  answer({ refused: `${error.name}: ${error.message}` });
}

function cost(make) {
  const heap = held();
  const cpu = [threadCpu(), processCpu()];
  kept.push(make());
  const [threadMs, processMs] = [threadCpu() - cpu[0], processCpu() - cpu[1]].map((ns) => ns / 1e6);
  return { threadMs, processMs, heldMb: held() - heap };
}

/** MB on V8's heap, and outside of it as far as V8 knows of them. */
function held() {
  for (let i = 0; i < 3; i++) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}
