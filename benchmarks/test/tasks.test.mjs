import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { columnsOf } from '../lib/columns.mjs';
import { addInFlight } from '../tasks/cases/enqueue.mjs';
import { makeCells } from '../tasks/cells.mjs';
import { idOf, idsFrom, payloadOf, priorityOf } from '../tasks/data.mjs';
import { fileSystem, whyAbsent, withPlace } from '../tasks/place.mjs';
import { makeProgress } from '../tasks/progress.mjs';
import { quantilesOf } from '../tasks/quantiles.mjs';
import { makeRatios, REPORTED } from '../tasks/ratios.mjs';
import { measureCell, toMeasures } from '../tasks/suite.mjs';
import { SYSTEMS } from '../tasks/systems.mjs';
import targets from '../targets.json' with { type: 'json' };

const cells = makeCells(false);

describe('the jobs', () => {
  it('are 200 bytes of JSON, and say who they are', () => {
    for (const id of [0, 9, 20_000, 1_000_000]) {
      expect(JSON.stringify(payloadOf(id))).toHaveLength(200);
      expect(idOf(JSON.parse(JSON.stringify(payloadOf(id))))).toBe(id);
    }
  });

  it.each([
    ['another text', { ...payloadOf(1), text: payloadOf(2).text }],
    ['no text', { id: 1 }],
    ['half a text', { id: 1, text: 'job 1' }],
  ])('are wrong with %s', (_, payload) => {
    expect(() => idOf(payload)).toThrow('wrong payload');
  });

  it('are more urgent the smaller their priority', () => {
    expect(priorityOf('critical')).toBeLessThan(priorityOf('low'));
  });
});

describe('progress', () => {
  const finish = (progress, ids) => {
    for (const id of ids) {
      progress.run(payloadOf(id));
      progress.onFinished();
    }
  };

  it('ends when all are finished, each once', async () => {
    const progress = makeProgress();
    const end = progress.until(3);
    finish(progress, [2, 0, 1]);
    await end;
    finish(progress, [3]);
    await progress.until(4);
  });

  it('fails where a job ran in the place of another', async () => {
    const progress = makeProgress();
    finish(progress, [0, 1, 1]);
    await expect(progress.until(3)).rejects.toThrow('expected the ids 0 to 2');
  });

  it('fails where a job ran twice', async () => {
    const progress = makeProgress();
    const end = progress.until(2);
    progress.run(payloadOf(0));
    finish(progress, [0, 1]);
    await expect(end).rejects.toThrow('expected 2 jobs, 3 ran');
  });
});

describe('callers', () => {
  it('have as many calls under way as are asked for, and add each id once', async () => {
    const added = [];
    let underWay = 0;
    let most = 0;
    const add = async (id) => {
      most = Math.max(most, ++underWay);
      await Promise.resolve();
      underWay--;
      added.push(id);
    };
    await addInFlight({ add }, idsFrom(5, 40), 7);
    expect(most).toBe(7);
    expect(added.sort((a, b) => a - b)).toEqual(idsFrom(5, 40));
  });
});

describe('a place', () => {
  it('is a folder for what is durable, removed at the end', async () => {
    let folder;
    await withPlace('embedded-interval', async ({ dir }) => {
      folder = dir;
      expect(existsSync(dir)).toBe(true);
    });
    expect(existsSync(folder)).toBe(false);
  });

  it('is nothing for what is in memory', async () => {
    for (const system of ['embedded', 'fastq', undefined]) {
      expect(await withPlace(system, async (place) => place)).toEqual({});
    }
  });

  it('lies on a file system with a name', () => {
    expect(fileSystem()).toMatch(/^[a-z0-9]+$/);
  });
});

describe('the cells', () => {
  it('have ids of their own, columns, and at most one base in a group', () => {
    expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length);
    for (const { kind } of cells) expect(columnsOf(kind)).toBeDefined();
    const bases = cells.filter(({ isBase }) => isBase).map(({ group }) => group);
    expect(new Set(bases).size).toBe(bases.length);
  });

  it('name systems that there are, each of them in some', () => {
    const asked = new Set(cells.map(({ task }) => task.system));
    asked.delete(undefined);
    expect([...asked].sort()).toEqual(Object.keys(SYSTEMS).sort());
  });

  it('of a quick run are measured faster, and are no others but for their counts', () => {
    const named = (all) => new Set(all.map(({ id }) => id.replace(/ \d+$/, '')));
    expect(named(makeCells(true))).toEqual(named(cells));
  });
});

/** A cell small enough for a test. */
const SMALL = {
  process: { warm: 20, jobs: 60 },
  enqueue: { warm: 10, jobs: 100 },
  through: { warm: 20, jobs: 200 },
  pickup: { warm: 2, jobs: 10 },
  critical: { low: 400, critical: 5 },
  memory: { jobs: 500 },
  reopen: { jobs: 300 },
  idle: { settle: 10, window: 30 },
};
const measured = cells
  .map((cell) => ({ ...cell, task: { ...cell.task, ...SMALL[cell.task.case] } }))
  // One concurrency, one way, one size, and Redis with and without persistence stand for all.
  .filter(({ id }) => !/ (10|50|1000000|single|bulk)$|redis-(no|everysec) |-interval /.test(id));

describe('what is measured', () => {
  it.for(measured.map((cell) => [cell.id, cell]))(
    'is right and above 0: %s',
    async ([, cell], context) => {
      const reason = cell.task.system === undefined ? undefined : whyAbsent(cell.task.system);
      if (reason !== undefined) context.skip(reason);
      const sample = await measureCell(cell);
      expect(sample[cell.figureOf]).toBeGreaterThan(0);
      const { header, cells: rowOf } = columnsOf(cell.kind);
      const [row] = toMeasures([{ ...cell, isBase: true, samples: [sample] }]);
      expect(rowOf(row)).toHaveLength(header.length);
      expect(rowOf(row)).not.toContain('-');
    },
  );

  it('fails where a system is unknown', async () => {
    const task = { case: 'pickup', system: 'nobody' };
    await expect(measureCell({ task })).rejects.toThrow();
  });
});

describe('the figures', () => {
  const measuresOf = (costOf) =>
    toMeasures(
      cells.map((cell) => {
        const value = costOf(cell.id) ?? 1;
        const sample = {
          cpuMicros: value,
          serverMicros: value / 2,
          p99Ms: 3 * value,
          [cell.figureOf]: value,
        };
        return { ...cell, samples: [sample, sample] };
      }),
    );

  it('are those that have targets, and those that the page reports', () => {
    const known = [...Object.keys(targets.tasks), ...Object.keys(REPORTED)];
    expect(Object.keys(makeRatios(measuresOf(() => 1))).sort()).toEqual(known.sort());
  });

  it('are none where nothing was measured', () => {
    expect(makeRatios([])).toEqual({});
    expect(makeRatios(toMeasures(cells.map((cell) => ({ ...cell, samples: [] }))))).toEqual({});
  });

  it.each([
    ['process_c1_speed_over_bullmq', { 'embedded process 1': 24, 'redis-no process 1': 2 }, 12],
    ['process_c50_speed_over_bullmq', { 'embedded process 50': 5 }, 5],
    ['enqueue_flight_speed_over_bullmq', { 'embedded enqueue flight': 8 }, 8],
    ['pickup_p50_ms', { 'embedded pickup': 0.1 }, 0.1],
    ['pickup_p99_ms', { 'embedded pickup': 0.1 }, 0.3],
    ['rss_1m_mb', { 'embedded memory 1000000': 500 }, 500],
    ['reopen_1m_s', { 'embedded-every-write reopen 1000000': 7 }, 7],
    ['idle_percent', { 'embedded idle': 0.5, 'nothing idle': 0.2 }, 0.3],
    ['process_c1_cpu_of_bullmq', { 'redis process 1': 8 }, 8],
    ['idle_percent', { 'embedded idle': 0.1, 'nothing idle': 0.2 }, 0],
    ['through_every_write_over_always', { 'embedded-every-write through': 9 }, 9],
  ])('%s compares what it says', (name, costs, expected) => {
    expect(makeRatios(measuresOf((id) => costs[id]))[name]).toBeCloseTo(expected);
  });

  it('stand beside the base of their group', () => {
    const measures = measuresOf((id) => (id.startsWith('redis ') ? 2 : 5));
    expect(measures.find(({ id }) => id === 'embedded process 1').ratio).toBe(2.5);
    expect(measures.find(({ id }) => id === 'embedded pickup').ratio).toBeUndefined();
  });

  it('stand in rows as wide as their header, also where there are none', () => {
    for (const kind of new Set(cells.map((cell) => cell.kind))) {
      const { header, cells: rowOf } = columnsOf(kind);
      expect(rowOf({ label: 'x', refused: 'no room', details: [] })).toHaveLength(header.length);
    }
  });

  it('of times are quantiles', () => {
    expect(quantilesOf([1, 2, 3])).toEqual({ p50Ms: 2, p99Ms: expect.closeTo(2.98), maxMs: 3 });
  });
});
