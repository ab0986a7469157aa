// What is allocated on V8's heap in this process, by the code that allocates it: the sampling heap profiler with an interval
// of one byte, so that each allocation is a sample, those included whose objects the collector has taken since.
// A sample is an object as long as V8 reserves memory for one at a time: allocations.mjs says by which flags, and what is
// not seen. A frame without a url is a builtin of V8 and counts for the code that called it.
import { Session } from 'node:inspector/promises';

/** Where our built packages lie: the urls of modules are real paths. */
const OURS = new URL('../../packages/', import.meta.url).href;
const SITES = 12;

const session = new Session();

export async function startSampling() {
  session.connect();
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 1,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
}

/** @returns what `tally` gives */
export async function stopSampling() {
  const { profile } = await session.post('HeapProfiler.stopSampling');
  session.disconnect();
  return tally(profile);
}

/**
 * Counts the samples of a profile.
 * @param profile a SamplingHeapProfile of the DevTools protocol
 * @param ours what urls of our own code begin with
 * @returns owners: { [owner]: { objects, bytes } }, sites: our own allocation sites, those of most objects first, as
 *   { name, file, line, objects, bytes }
 */
export function tally({ head, samples }, ours = OURS) {
  const counts = new Map();
  for (const { nodeId, size } of samples) {
    const count = counts.get(nodeId) ?? { objects: 0, bytes: 0 };
    count.objects++;
    count.bytes += size;
    counts.set(nodeId, count);
  }
  const owners = {};
  const sites = new Map();
  const visit = (node, caller) => {
    const frame = node.callFrame.url === '' ? caller : node.callFrame;
    const count = counts.get(node.id);
    if (count !== undefined) {
      const owner = ownerOf(frame.url, ours);
      add((owners[owner] ??= { objects: 0, bytes: 0 }), count);
      if (owner === 'ours') add(siteOf(sites, frame, ours), count);
    }
    for (const child of node.children) visit(child, frame);
  };
  visit(head, head.callFrame);
  const most = [...sites.values()].sort((a, b) => b.objects - a.objects);
  return { owners, sites: most.slice(0, SITES) };
}

function ownerOf(url, ours) {
  if (url.startsWith(ours)) return 'ours';
  if (url === '' || url.startsWith('node:')) return 'node';
  return url.includes('/node_modules/') ? 'modules' : 'server';
}

function siteOf(sites, { functionName, url, lineNumber }, ours) {
  const site = {
    name: functionName || '(anonymous)',
    file: url.slice(ours.length),
    line: lineNumber + 1,
  };
  const key = JSON.stringify(site);
  if (!sites.has(key)) sites.set(key, { ...site, objects: 0, bytes: 0 });
  return sites.get(key);
}

function add(sum, { objects, bytes }) {
  sum.objects += objects;
  sum.bytes += bytes;
}
