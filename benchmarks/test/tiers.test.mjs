import { redisSkipReason } from '@catzilla/bus/testing';
import { describe, expect, it } from 'vitest';
import { contest, medians, withWorkers } from '../tiers/contest.mjs';
import { makeContests } from '../tiers/contests.mjs';
import { makeBytes, makeKeys, makeObject, sameValue, SIZES } from '../tiers/data.mjs';
import { quantilesOf, timeEach } from '../tiers/latency.mjs';
import { makeRatios } from '../tiers/ratios.mjs';
import { toMeasures } from '../tiers/suite.mjs';
import { makeTrials } from '../tiers/trials.mjs';
import { columnsOf } from '../lib/columns.mjs';
import targets from '../targets.json' with { type: 'json' };

const jobs = [...makeContests(false), ...makeTrials(false)];
const cells = jobs.flatMap((job) => job.cells);
const sample = { errors: 0, cutOffs: 0, unhandled: 0 };
const sampleOf = ({ figureOf }, value) => ({ ...sample, [figureOf]: value });

describe('the data', () => {
  it.each(SIZES)('makes objects of %i bytes of JSON, one for each key', (size) => {
    for (const id of [0, 7, 999]) expect(JSON.stringify(makeObject(id, size))).toHaveLength(size);
    expect(makeObject(1, size)).not.toEqual(makeObject(2, size));
  });

  it('makes distinct keys of one length, and others for another label', () => {
    const keys = [...makeKeys(1000, 'ab'), ...makeKeys(1000, 'abcde')];
    expect(new Set(keys).size).toBe(2000);
    expect(new Set(keys.map((key) => key.length))).toEqual(new Set([20]));
  });

  it('tells values apart, and takes views of the same bytes for equal', () => {
    expect(() => sameValue(makeObject(1, 100), makeObject(2, 100), 'one')).toThrow('one');
    expect(() => sameValue(undefined, makeObject(2, 100), 'two')).toThrow('two');
    sameValue(new Uint8Array(makeBytes(3, 64)), makeBytes(3, 64), 'three');
  });
});

describe('the cells', () => {
  it('have ids of their own, columns, and at most one base in a group', () => {
    expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length);
    for (const { kind } of cells) expect(columnsOf(kind)).toBeDefined();
    const bases = cells.filter(({ isBase }) => isBase).map(({ group }) => group);
    expect(new Set(bases).size).toBe(bases.length);
  });

  it('of a quick run are among those of a full one', () => {
    const ids = new Set(cells.map(({ id }) => id));
    const quick = [...makeContests(true), ...makeTrials(true)].flatMap((job) => job.cells);
    for (const { id } of quick) expect(ids).toContain(id);
  });
});

describe('the figures', () => {
  const measuresOf = (valueOf) =>
    toMeasures(
      cells,
      new Map(
        cells.map((cell) => [cell.id, [1, 2, 3].map((x) => sampleOf(cell, x * valueOf(cell)))]),
      ),
    );

  it('are made for each target, and for nothing else', () => {
    const ratios = makeRatios(measuresOf(() => 1));
    expect(Object.keys(ratios).sort()).toEqual(Object.keys(targets.tiers).sort());
  });

  it('are left out where nothing was measured', () => {
    expect(makeRatios([])).toEqual({});
  });

  it('compare with the faster mode, and tell the worst size', () => {
    const slow = { bentocache: 60, 'bentocache-references': 30, catzilla: 2, 'catzilla-wide': 3 };
    const ratios = makeRatios(measuresOf(({ task }) => slow[task.library] ?? 1));
    expect(ratios.get_speed_over_bentocache).toBe(10);
    expect(ratios.get_sync_per_s).toBeCloseTo(1e9 / 6);
    expect(ratios.redis_get_1k_over_ioredis).toBe(2);
  });

  it('count the worst round where one is too many', () => {
    const measures = measuresOf(() => 1);
    measures.find(({ id }) => id === 'hung catzilla').details[1].errors = 1;
    const ratios = makeRatios(measures);
    expect(ratios.stampede_calls).toBe(3);
    expect(ratios.hung_errors).toBe(1);
  });

  it('stand beside the base of their group', () => {
    const measures = measuresOf(({ isBase }) => (isBase ? 2 : 5));
    const { ratio } = measures.find(({ id }) => id === 'bentocache get 1024');
    expect(ratio).toBe(2.5);
    expect(measures.find(({ id }) => id === 'hung bentocache').ratio).toBeUndefined();
  });

  it('of a round are the medians of its slices, field by field', () => {
    expect(
      medians([
        { a: 1, b: 9 },
        { a: 3, b: 8 },
        { a: 2, b: 1 },
      ]),
    ).toEqual({ a: 2, b: 8 });
  });
});

describe('timeEach', () => {
  it('waits for each call before the next', async () => {
    const seen = [];
    const times = await timeEach(3, async (at) => {
      await Promise.resolve();
      seen.push(at);
    });
    expect(seen).toEqual([0, 1, 2]);
    expect(times.maxUs).toBeGreaterThanOrEqual(times.p50Us);
  });

  it('tells quantiles', () => {
    expect(quantilesOf([1, 2, 3])).toEqual({ p50Us: 2, p99Us: expect.closeTo(2.98), maxUs: 3 });
  });
});

describe('a contest', () => {
  const task = { case: 'remote', library: 'catzilla', size: 100 };
  const cells = [
    { id: 'ours', operation: 'get', task },
    { id: 'ours, many', operation: 'many', task },
    { id: 'raw', operation: 'get', task: { ...task, library: 'ioredis' } },
  ];

  it('gives a sample for each cell, from processes that share a Redis', async (context) => {
    const reason = redisSkipReason();
    if (reason !== undefined) context.skip(reason);
    const input = { calls: 20, batches: 2 };
    const samples = await contest(cells, { redis: true, slices: 2, shift: 1, input });
    expect(Object.keys(samples).sort()).toEqual(['ours', 'ours, many', 'raw']);
    expect(samples.ours.p50Us).toBeGreaterThan(0);
    expect(samples['ours, many'].keysPerS).toBeGreaterThan(0);
  });

  it('fails with what a contestant said', async () => {
    const unknown = { ...task, library: 'nothing' };
    await expect(withWorkers([unknown], {}, () => {})).rejects.toThrow('unknown library nothing');
  });
});
