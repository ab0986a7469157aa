// HOT benchmark of a cached answer: CPU per request of the serving processes, for all variants of one stage. Every round
// starts a fresh server per variant, warms all of them, and then takes turns in short slices, so that a moment in which the
// machine is slow falls on all alike. Idle servers cost nothing; one client loads one server at a time.
import { median } from '../lib/statistics.mjs';
import { makeBody } from './payloads.mjs';
import { answerTo, fieldsOf, HEADS } from './requests.mjs';
import { startServer } from './rig.mjs';
import { asksOf, sampleName } from './stages.mjs';

/** Variants that are ours: their third answer must be a hit. */
const OURS = /^(auto|send|early)/;
const HIT = /;\s*hit/;
/** The variant whose hits must be stale ones, and how often to look. */
const STALE = { variant: 'auto-stale', hit: /;\s*hit;\s*ttl=-/, tries: 60, pause: 50 };

/**
 * One round of all variants of a stage.
 * @param cells [{ variant, size, headers, head, isSecure }] headers: those that a bare server sends
 * @param plan { client, phases, warm, slices, shift } shift: whose turn comes first
 * @returns by cell: { answer, phases: { [sample]: { cpuMicros, rssBytes, perSecond, p50Ms, p99Ms } } }, medians of slices
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
      const due = running.flatMap((one) =>
        asksOf(phase, one.cell.variant).map((ask) => ({ one, ask, name: sampleName(phase, ask) })),
      );
      for (let slice = 0; slice < slices; slice++) {
        for (let turn = 0; turn < due.length; turn++) {
          const { one, ask, name } = due[(turn + slice + shift) % due.length];
          (one.slices[name] ??= []).push(await measureSlice(one, phase, ask, client));
        }
      }
    }
    return running.map(({ answer, slices: taken }) => ({ answer, phases: summarizeSlices(taken) }));
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
}

/**
 * A server whose answers were checked and whose code is compiled.
 * @param warm requests, of the cell's `head`
 * @param flags for node
 */
export async function warmServer(cell, client, warm, flags = []) {
  const { variant, size, head: asked = 'browser', isSecure = false } = cell;
  const server = await startServer(cell, flags);
  try {
    const body = makeBody(size);
    const place = { port: server.port, isSecure };
    const { head, etag } = await firstAnswers(place, client, variant, asked, body);
    // 50 answers of 4 MB on their way would measure the kernel.
    const connections = size > 65_536 ? 8 : 50;
    await client.load({ ...commandOf(asked, body), ...place, connections, requests: warm });
    if (variant === STALE.variant) await untilStale(place, client);
    return { cell, server, place, body: body.toString('base64'), etag, answer: head, slices: {} };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

// Sockets are open before the clock is read: over TLS a handshake costs as much as many hits.
async function measureSlice({ server, place, body, etag }, phase, { head }, client) {
  const { connections, requests } = phase;
  const command = commandOf(head, Buffer.from(body, 'base64'), etag);
  await client.hold({ ...place, connections });
  const before = await server.usage();
  const load = await client.load({ ...command, ...place, connections, requests });
  const { cpu, rss } = await server.usage();
  return { cpuMicros: (cpu - before.cpu) / requests, rssBytes: rss, ...load };
}

function commandOf(head, whole, etag) {
  const { status, body } = answerTo(head, whole);
  return { request: HEADS[head](etag), status, body: body.toString('base64') };
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

/** The third answer of a server, which from a cache is a hit; all bodies must be right. The first is a whole one: what a
 * cache has nothing of, it does not store of a range. */
async function firstAnswers(place, client, variant, asked, whole) {
  let answer;
  for (const head of [asked === 'range' ? 'browser' : asked, asked, asked]) {
    answer = await client.probe({ ...place, request: HEADS[head]() });
    if (answer.body !== answerTo(head, whole).body.toString('base64')) {
      throw new Error(`${variant}: wrong body\n${answer.head}`);
    }
  }
  const fields = fieldMap(answer);
  if (OURS.test(variant) && !HIT.test(fields.get('cache-status') ?? '')) {
    throw new Error(`${variant}: expected a hit, got\n${answer.head}`);
  }
  return { head: answer.head, etag: fields.get('etag') };
}

async function untilStale(place, client) {
  let answer;
  for (let attempt = 0; attempt < STALE.tries; attempt++) {
    answer = await client.probe({ ...place, request: HEADS.browser() });
    if (STALE.hit.test(fieldMap(answer).get('cache-status') ?? '')) return;
    await new Promise((resolve) => setTimeout(resolve, STALE.pause));
  }
  throw new Error(`${STALE.variant}: expected a stale hit, got\n${answer.head}`);
}

function fieldMap({ head }) {
  return new Map(fieldsOf(head).map(([name, value]) => [name.toLowerCase(), value]));
}
