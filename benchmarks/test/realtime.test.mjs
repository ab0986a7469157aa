import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FrameCounter } from '../realtime/frames.mjs';
import targets from '../targets.json' with { type: 'json' };

/** `npm test` installs none of them. */
const MISSING = ['ws', 'socket.io', 'better-sse', '@catzilla/realtime'].filter(
  (name) => !existsSync(new URL(`../node_modules/${name}`, import.meta.url)),
);

/** Their modules import what may be missing. */
async function load(context) {
  if (MISSING.length > 0) {
    context.skip(`${MISSING.join(', ')} not installed: npm run bench installs them`);
  }
  return {
    ...(await import('../realtime/stages.mjs')),
    ...(await import('../realtime/rounds.mjs')),
  };
}

describe('broadcasts', () => {
  it.for(['ws', 'sse'])(
    'arrive once at every client of all systems: %s',
    async (transport, context) => {
      const { makeStages, measureRound, rowsOf } = await load(context);
      const stage = makeStages(true).find(
        (one) => one.transport === transport && one.perTurn === 10,
      );
      const rows = rowsOf(stage);
      await measureRound({ ...stage, rows, clients: 20, messages: 30, slices: 1 }, 0);
      for (const { system, samples } of rows) {
        expect(samples[0].cpuMicros, system).toBeGreaterThan(0);
        expect(samples[0].perSecond, system).toBeGreaterThan(0);
      }
    },
  );
});

describe('FrameCounter', () => {
  /** A frame of a server. */
  function frame(first, length) {
    const head =
      length < 126
        ? [first, length]
        : length < 65_536
          ? [first, 126, length >> 8, length & 255]
          : [first, 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
    return Buffer.concat([Buffer.from(head), Buffer.alloc(length, 0x81)]);
  }
  const stream = Buffer.concat([
    frame(0x81, 5),
    frame(0x89, 0),
    frame(0x81, 126),
    frame(0x81, 70_000),
    frame(0x82, 300),
    frame(0x81, 0),
  ]);

  it.for([1, 2, 3, 7, 1000, stream.length])('counts texts, in pieces of %i bytes', (size) => {
    const counter = new FrameCounter();
    for (let at = 0; at < stream.length; at += size) counter.push(stream.subarray(at, at + size));
    expect([counter.count, counter.pings]).toEqual([4, 1]);
  });

  it('counts those that are long enough', () => {
    const counter = new FrameCounter();
    counter.least = 100;
    counter.push(stream);
    expect(counter.count).toBe(2);
  });
});

describe('the figures', () => {
  async function figures(context) {
    const { makeStages, rowsOf } = await load(context);
    const { makeRatios, REPORTED } = await import('../realtime/ratios.mjs');
    const { makeLiveCells } = await import('../realtime/live-cells.mjs');
    const rows = [...makeStages(false).flatMap(rowsOf), ...makeLiveCells(false)];
    const details = [{ perSecond: 1, p50Ms: 1, p99Ms: 1, maxMs: 1 }];
    return { makeRatios, REPORTED, measures: rows.map(({ id }) => ({ id, median: 1, details })) };
  }

  it('are those that have targets, and those that the page reports', async (context) => {
    const { makeRatios, REPORTED, measures } = await figures(context);
    const known = [...Object.keys(targets.realtime), ...Object.keys(REPORTED)];
    expect(Object.keys(makeRatios(measures)).sort()).toEqual(known.sort());
  });

  it('are none where nothing was measured', async (context) => {
    const { makeRatios } = await figures(context);
    expect(makeRatios([])).toEqual({});
  });

  it('compare what they say', async (context) => {
    const { makeRatios } = await figures(context);
    const measures = [
      { id: 'catzilla ws 1000 100 1', median: 2, details: [{ perSecond: 30 }] },
      { id: 'ws ws 1000 100 1', median: 6, details: [{ perSecond: 10 }] },
      { id: 'socket.io ws 1000 100 1', median: 8, details: [] },
    ];
    expect(makeRatios(measures)).toEqual({
      ws_100b_cpu_of_ws: 3,
      ws_100b_rate_over_ws: 3,
      ws_100b_cpu_of_socket_io: 4,
    });
  });
});
