// Soak of processes: four play on one file; about every second one of them is killed wherever it is, and another takes
// its place. At the end the file is opened twice more: after a clean stop it is warm, and after a moment in which all
// are killed at once it is recovered; each time every value is checked, and nothing stays pinned.
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openCache } from '../../dist/index.js';
import { Board } from './board.mjs';
import { startProcess } from './crew.mjs';
import { makeRandom } from './random.mjs';
import { keyOf, versionOf } from './values.mjs';
import { mebibytes } from './resident.mjs';
import { Faults, Watch } from './watch.mjs';

const PROCESSES = 4;
const MiB = 2 ** 20;
const MAX_BYTES = 16 * MiB;
const NEAR_BYTES = 4 * MiB;
/** A process before it plays has some 50 MiB; the rest is its heap and large values not yet collected. */
const SLACK = 160 * MiB;
const KILL_EVERY = 1000;

/** @returns {Promise<{ faults: Faults, line: string }>} */
export async function soakProcesses({ seconds, seed }) {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'catz-soak-'));
  try {
    return await soakIn(folder, seconds, seed);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function soakIn(folder, seconds, seed) {
  const faults = new Faults();
  const shape = { slots: PROCESSES, keys: 512 };
  const place = Board.inFile(join(folder, 'board'), shape);
  const board = new Board(shape, place);
  const crew = new Crew({ folder, shape, place, seed, faults });
  const watch = new Watch('processes', board, faults);
  const random = makeRandom(seed);

  await crew.startAll();
  let highest = 0;
  let nextKill = performance.now() + KILL_EVERY;
  const end = performance.now() + seconds * 1000;
  let isMoving = true;
  while (performance.now() < end && isMoving) {
    await setTimeout(50);
    isMoving = watch.look(highest);
    highest = Math.max(highest, board.highest('rssKiB') * 1024);
    if (performance.now() < nextKill) continue;
    nextKill = performance.now() + KILL_EVERY / 2 + random(KILL_EVERY);
    await crew.replace(random(PROCESSES));
  }
  await crew.end(isMoving ? 'stop' : 'kill');
  if (isMoving) {
    verify(crew.place, board, 'warm', faults);
    await crew.startAll();
    await setTimeout(500 + random(500));
    await crew.end('kill');
    verify(crew.place, board, 'recovered', faults);
  }
  const most = MAX_BYTES + NEAR_BYTES + SLACK;
  if (highest > most) faults.add(`bound: RSS of ${mebibytes(highest)}, above ${mebibytes(most)}`);
  const line = `${watch.line(highest)} of ${mebibytes(most)}, ${crew.killed} killed, ${board.highest('recoveries')} locks taken over`;
  board.close();
  return { faults, line };
}

/** The processes, by slot. */
class Crew {
  #faults;
  #setup;
  #members = [];
  #started = 0;
  killed = 0;
  /** How to open their cache. */
  place;

  constructor({ folder, shape, place, seed, faults }) {
    this.#faults = faults;
    const options = {
      scope: 'machine',
      path: join(folder, 'arena'),
      maxBytes: MAX_BYTES,
      maxValueBytes: 3 * MiB,
      sweepInterval: 100,
      lockTimeout: 1000,
    };
    this.place = { name: 'soak-processes', options };
    this.#setup = { ...this.place, shape, place, seed };
  }

  async startAll() {
    for (let slot = 0; slot < PROCESSES; slot++) this.#start(slot);
    await Promise.all(this.#members.map(({ ready }) => ready));
  }

  /** Kills one, wherever it is, and starts another in its place. */
  async replace(slot) {
    const member = this.#members[slot];
    member.kill();
    this.killed++;
    const how = await member.ended;
    if (how !== 'SIGKILL') this.#faults.add(`process ${slot} ended with ${how}`);
    this.#start(slot);
  }

  async end(how) {
    for (const { send, kill } of this.#members) {
      if (how === 'stop') send('stop');
      else kill();
    }
    const ends = await Promise.all(this.#members.map(({ ended }) => ended));
    const wanted = how === 'stop' ? 0 : 'SIGKILL';
    if (how === 'kill') this.killed += PROCESSES;
    if (ends.some((end) => end !== wanted)) this.#faults.add(`processes ended with ${ends.join()}`);
  }

  // It may play as soon as it can: another that is killed while it opens the file is part of what is tried.
  #start(slot) {
    const setup = { ...this.#setup, slot, seed: this.#setup.seed + this.#started++ };
    const member = startProcess(setup, (text) => this.#faults.add(text));
    member.send('go');
    this.#members[slot] = member;
  }
}

/** Opens the file that nobody has open, and checks every value in it. */
function verify({ name, options }, board, wanted, faults) {
  board.refresh();
  const taken = statSync(options.path).blocks * 512;
  if (taken > MAX_BYTES) faults.add(`bound: the file takes ${taken} bytes of ${MAX_BYTES}`);
  const cache = openCache(name, options);
  const { opened, openedReason } = cache.stats();
  if (opened !== wanted) faults.add(`opened ${opened} (${openedReason}) instead of ${wanted}`);
  for (const listed of cache.keys()) {
    const key = keyOf(String(listed));
    if (key < 0) {
      faults.add(`corrupt: key ${String(listed)}`);
      continue;
    }
    const lease = cache.lease(listed);
    for (const bytes of [cache.get(listed), lease?.bytes]) {
      if (bytes === undefined) continue;
      const version = versionOf(key, bytes);
      if (version < 0) faults.add(`corrupt: ${opened} value of ${key}`);
      else if (version < board.lowest(key))
        faults.add(`stale: ${opened} version ${version} of ${key}`);
    }
    lease?.release();
  }
  const { leases, bytes, processes } = cache.stats();
  if (processes !== 1) faults.add(`${processes} processes are left`);
  if (leases.open !== 0 || bytes.quarantined !== 0) {
    faults.add(`${leases.open} leases, ${bytes.quarantined} bytes in quarantine are left`);
  }
  cache.set('after', 'all');
  if (cache.get('after')?.toString() !== 'all') faults.add('nothing can be stored any more');
  cache.delete('after');
  cache.close();
}
