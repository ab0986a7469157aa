// HOT benchmark of a cached answer: CPU per request of the serving processes, for all variants at one body size. Every
// round starts a fresh server per variant, warms all of them, and then takes turns in short slices, so that a moment in
// which the machine is slow falls on all alike. Idle servers cost nothing; one client loads one server at a time.
import { median } from '../lib/statistics.mjs';
import { makeBody } from './payloads.mjs';
import { fieldsOf, HEADS } from './requests.mjs';
import { startServer } from './rig.mjs';

/** Variants that are ours: their third answer must be a hit. */
const OURS = /^(auto|send)/;

/**
 * One round of all variants.
 * @param cells [{ variant, size, headers }] headers: those that a bare server sends
 * @param plan { client, phases, warm, slices, shift } shift: whose turn comes first
 * @returns by cell: { answer, phases: { [name]: { cpuMicros, rssBytes, perSecond, p50Ms, p99Ms } } }, medians of slices
 */
export async function measureRound(cells, { client, phases, warm, slices, shift }, progress) {
  const running = [];
  try {
    for (const cell of cells) {
      progress(`${cell.size} B: warming ${cell.variant}`);
      running.push(await warmServer(cell, client, warm));
    }
    for (const phase of phases) {
      progress(`${cells[0].size} B: ${phase.shown}`);
      const due = running.filter((one) => phase.variants?.includes(one.cell.variant) ?? true);
      for (let slice = 0; slice < slices; slice++) {
        for (let turn = 0; turn < due.length; turn++) {
          const one = due[(turn + slice + shift) % due.length];
          one.slices[phase.name] ??= [];
          one.slices[phase.name].push(await measureSlice(one, phase, client));
        }
      }
    }
    return running.map(({ answer, slices: taken }) => ({ answer, phases: summarizeSlices(taken) }));
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
}

/** A server whose answers were checked and whose code is compiled. */
export async function warmServer(cell, client, warm) {
  const { variant, size } = cell;
  const server = await startServer(cell);
  try {
    const body = makeBody(size).toString('base64');
    const { head, etag } = await firstAnswers(server, client, variant, body);
    const { port } = server;
    const request = HEADS.browser();
    // 50 answers of 4 MB on their way would measure the kernel.
    const connections = size > 65_536 ? 8 : 50;
    await client.load({
      port,
      request,
      connections,
      requests: warm,
      status: 200,
      body,
    });
    return { cell, server, body, etag, answer: head, slices: {} };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function measureSlice({ server, body, etag }, { head, connections, requests }, client) {
  const isRevalidation = head === 'revalidation';
  const command = {
    port: server.port,
    request: HEADS[head](etag),
    connections,
    requests,
    status: isRevalidation ? 304 : 200,
    body: isRevalidation ? '' : body,
  };
  const before = await server.usage();
  const load = await client.load(command);
  const { cpu, rss } = await server.usage();
  return { cpuMicros: (cpu - before.cpu) / requests, rssBytes: rss, ...load };
}

function summarizeSlices(taken) {
  const phases = {};
  for (const [name, slices] of Object.entries(taken)) {
    phases[name] = {};
    for (const field of Object.keys(slices[0])) {
      phases[name][field] = median(slices.map((slice) => slice[field]));
    }
    phases[name].slices = slices.map((slice) => slice.cpuMicros);
  }
  return phases;
}

/** The third answer of a server, which from a cache is a hit; all bodies must be right. */
async function firstAnswers({ port }, client, variant, body) {
  let answer;
  for (let request = 0; request < 3; request++) {
    answer = await client.probe({ port, request: HEADS.browser() });
    if (answer.body !== body) throw new Error(`${variant}: wrong body\n${answer.head}`);
  }
  const fields = new Map(fieldsOf(answer.head).map(([name, value]) => [name.toLowerCase(), value]));
  if (OURS.test(variant) && !/;\s*hit/.test(fields.get('cache-status') ?? '')) {
    throw new Error(`${variant}: expected a hit, got\n${answer.head}`);
  }
  return { head: answer.head, etag: fields.get('etag') };
}
