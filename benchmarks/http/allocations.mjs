// What a hit allocates on V8's heap, counted in processes of their own: servers that are warmed as the timed ones are, then
// sampled over some thousands of requests on keep-alive connections by the heap profiler (sampler.mjs).
//
// How it counts: each sample belongs to the innermost JavaScript frame that has a url, and counts for the package that url
// lies in. Objects are samples per request, strings, closures, boxed numbers and backing stores among them. What bare
// node:http shows for the same owner is taken off. V8 reserves the memory of several objects in one step where optimized
// code makes them together; with --no-turbo-allocation-folding each is a sample.
// What it cannot see: memory outside V8's heap (bodies of Buffers, the engine's arena), the time the collector takes, and,
// in code that V8 has inlined, which function allocates: profiles name the frame of the outer one. So an object of ours may
// count for Fastify, whose function ours was inlined into, and one of Node's for us. The second row of ours runs with
// --no-turbo-inlining: there each object counts for the function that makes it, and objects too that V8 does without once
// it has inlined their reader. Nor is it said on which line of the function an object is made.
import { textTable } from '../lib/table.mjs';
import { warmServer } from './hit.mjs';
import { answerTo, HEADS } from './requests.mjs';

const SIZE = 1024;
const CONNECTIONS = 10;
const FOLDING = '--no-turbo-allocation-folding';
const OWNERS = ['ours', 'modules', 'server', 'node'];
const SERVERS = {
  bare: { variant: 'bare-buffer', flags: [FOLDING], label: 'bare node:http, Buffer body' },
  fastify: { variant: 'fastify-text', flags: [FOLDING], label: 'Fastify route, ready text' },
  auto: { variant: 'auto', flags: [FOLDING], label: "catzilla, mode 'auto'" },
  'auto-plain': {
    variant: 'auto',
    flags: [FOLDING, '--no-turbo-inlining'],
    label: "catzilla, mode 'auto', nothing inlined",
  },
};
const HEADER = [
  '',
  '@catzilla/*, objects',
  'bytes',
  'Fastify and others, objects',
  'the server, objects',
  'Node, objects',
  'all, bytes',
];

/**
 * Counts for all servers, one after another: nothing is timed.
 * @param options.headers those that a bare server sends
 * @returns by server: { requests, owner: { objects, bytes }, sites, total }, per request; `ours` less what bare shows
 */
export async function countAllocations({ client, quick, headers }, progress) {
  const plan = { warm: quick ? 5000 : 20_000, requests: quick ? 2000 : 5000, headers };
  const counted = {};
  for (const [name, server] of Object.entries(SERVERS)) {
    progress(`allocations: ${server.label}`);
    counted[name] = perRequest(await sample(server, plan, client), plan.requests);
  }
  return beyondBare(counted);
}

async function sample({ variant, flags }, { warm, requests, headers }, client) {
  const cell = { variant, size: SIZE, headers };
  const { server, place, body } = await warmServer(cell, client, warm, flags);
  try {
    const { status } = answerTo('browser', Buffer.alloc(0));
    await client.hold({ ...place, connections: CONNECTIONS });
    await server.startSampling();
    const load = { request: HEADS.browser(), status, body, connections: CONNECTIONS, requests };
    await client.load({ ...place, ...load });
    return await server.stopSampling();
  } finally {
    await server.stop();
  }
}

/** A tally per request. */
export function perRequest({ owners, sites }, requests) {
  const share = ({ objects, bytes }) => ({ objects: objects / requests, bytes: bytes / requests });
  const none = { objects: 0, bytes: 0 };
  const counts = Object.fromEntries(OWNERS.map((name) => [name, share(owners[name] ?? none)]));
  const total = { objects: 0, bytes: 0 };
  for (const { objects, bytes } of Object.values(counts)) {
    total.objects += objects;
    total.bytes += bytes;
  }
  return { requests, ...counts, total, sites: sites.map((site) => ({ ...site, ...share(site) })) };
}

/** What is ours, less what counts as ours without us. */
export function beyondBare(counted) {
  const { bare } = counted;
  const less = ({ ours, ...rest }) => ({
    ...rest,
    ours: { objects: ours.objects - bare.ours.objects, bytes: ours.bytes - bare.ours.bytes },
  });
  return Object.fromEntries(Object.entries(counted).map(([name, one]) => [name, less(one)]));
}

/** @returns {{ header: string[], rows: string[][] }} the table of what was counted */
export function allocationTable(allocations) {
  const rows = Object.entries(allocations).map(([name, one]) => [
    SERVERS[name].label,
    one.ours.objects.toFixed(2),
    one.ours.bytes.toFixed(0),
    one.modules.objects.toFixed(2),
    one.server.objects.toFixed(2),
    one.node.objects.toFixed(2),
    one.total.bytes.toFixed(0),
  ]);
  return { header: HEADER, rows };
}

/** Our allocation sites of a hundredth of an object per hit and more, those of most objects first, as sentences. */
export function allocationSites({ sites }) {
  return sites
    .filter(({ objects }) => objects >= 0.01)
    .map(
      ({ name, file, line, objects, bytes }) =>
        `${name} (${file}:${line}): ${objects.toFixed(2)} objects, ${bytes.toFixed(0)} B`,
    );
}

/** All of it for a terminal. */
export function printAllocations(allocations) {
  const { header, rows } = allocationTable(allocations);
  const lists = ['auto', 'auto-plain'].map((name) =>
    [`\n${SERVERS[name].label}, per hit`, ...allocationSites(allocations[name])].join('\n'),
  );
  return [`\nallocations per request, 1 KB JSON\n${textTable(header, rows)}`, ...lists].join('\n');
}
