import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { allocationSites, allocationTable, beyondBare, perRequest } from '../http/allocations.mjs';
import { makeCertificate } from '../http/certificate.mjs';
import { measureRound } from '../http/hit.mjs';
import { makeBody } from '../http/payloads.mjs';
import { makeRatios, REPORTED } from '../http/ratios.mjs';
import { answerTo, fieldsOf, HEADS } from '../http/requests.mjs';
import { startClient } from '../http/rig.mjs';
import { tally } from '../http/sampler.mjs';
import { servers } from '../http/servers.mjs';
import { asksOf, cellsOf, isBare, LABELS, makeStages, sampleName } from '../http/stages.mjs';
import { choose, makeMeasures } from '../http/suite.mjs';
import { columnsOf } from '../lib/columns.mjs';
import targets from '../targets.json' with { type: 'json' };

const ids = (stages) =>
  stages.flatMap((stage) =>
    stage.phases.flatMap((phase) =>
      cellsOf(stage).flatMap((cell) =>
        asksOf(phase, cell.variant).map((ask) => `${cell.id} ${sampleName(phase, ask)}`),
      ),
    ),
  );

describe('the stages', () => {
  const stages = makeStages(false);

  it('have measures with ids of their own', () => {
    expect(new Set(ids(stages)).size).toBe(ids(stages).length);
  });

  it('of a quick run are among those of a full one', () => {
    for (const id of ids(makeStages(true))) expect(ids(stages)).toContain(id);
  });

  it('name servers that exist, each with a label, and leave none out', () => {
    const used = new Set(stages.flatMap(({ variants }) => variants));
    expect([...used].sort()).toEqual(Object.keys(servers).sort());
    expect(Object.keys(LABELS).sort()).toEqual(Object.keys(servers).sort());
  });

  it('ask only what can be asked, and of HTTPS servers over HTTPS', () => {
    for (const { phases, head, isSecure, variants } of stages) {
      for (const ask of [{ head }, ...phases.flatMap(({ asks }) => asks)]) {
        expect(HEADS).toHaveProperty(ask.head);
      }
      expect(new Set(variants.map((variant) => variant.endsWith('https')))).toEqual(
        new Set([isSecure]),
      );
    }
  });

  it('ask for the 304 and the 200 of one entry in one phase of one server', () => {
    const [{ phases }] = stages;
    const phase = phases.find(({ name }) => name === 'c50-304');
    expect(asksOf(phase, 'auto').map(({ head }) => head)).toEqual(['revalidation', 'changed']);
    expect(asksOf(phase, 'send').map(({ head }) => head)).toEqual(['revalidation']);
    expect(asksOf(phase, 'bare-buffer')).toEqual([]);
  });

  it.each([
    ['auto-https', ['https']],
    ['busy', ['busy']],
    ['large', ['large 262144', 'large 1048576', 'large 4194304']],
    ['nothing of the kind', []],
  ])('are chosen by what --only says: %s', (only, expected) => {
    expect(choose(stages, only).map(({ id }) => id)).toEqual(expected);
  });
});

describe('the requests', () => {
  const body = makeBody(65_536);

  it('end where a request ends, with the fields of a browser', () => {
    expect(HEADS.guarded()).toMatch(
      /^GET \/data\?page=2&lang=en HTTP\/1\.1\r\nHost: [^]*\r\n\r\n$/,
    );
    expect(HEADS.revalidation('"e"')).toContain('\r\nIf-None-Match: "e"\r\n');
  });

  it('know the bytes of the range that they ask for', () => {
    const [, first, last] = /Range: bytes=(\d+)-(\d+)/.exec(HEADS.range());
    const { status, body: part } = answerTo('range', body);
    expect(status).toBe(206);
    expect(part.equals(body.subarray(Number(first), Number(last) + 1))).toBe(true);
    expect(part).toHaveLength(1024);
  });

  it('expect nothing but the head of a 304, and all of a 200', () => {
    expect(answerTo('revalidation', body)).toEqual({ status: 304, body: Buffer.alloc(0) });
    expect(answerTo('minimal', body)).toEqual({ status: 200, body });
  });

  it('read the fields of an answer', () => {
    expect(fieldsOf('HTTP/1.1 200 OK\r\nEtag: "a:b"\r\nAge: 1\r\n\r\n')).toEqual([
      ['Etag', '"a:b"'],
      ['Age', '1'],
    ]);
  });
});

describe('the figures', () => {
  const sites = [{ objects: 1 }, { objects: 0.5 }, { objects: 0.4 }];
  const allocations = { auto: { ours: { objects: 3, bytes: 90 }, sites } };
  const measuresOf = (valueOf, rounds = [1]) => {
    const stages = choose(makeStages(false));
    const sampleOf = (cell, phase, ask, x) => ({
      cpuMicros: x * valueOf({ ...cell, ...phase, ...ask }),
      p50Ms: x * valueOf({ ...cell, ...phase, ...ask }),
    });
    const samplesOf = (stage, cell, x) =>
      Object.fromEntries(
        stage.phases.flatMap((phase) =>
          asksOf(phase, cell.variant).map((ask) => [
            sampleName(phase, ask),
            sampleOf(cell, phase, ask, x),
          ]),
        ),
      );
    const collected = new Map(
      stages.flatMap((stage) =>
        stage.cells.map((cell) => [cell, rounds.map((x) => samplesOf(stage, cell, x))]),
      ),
    );
    return makeMeasures(stages, collected);
  };

  it('counts what every hit makes apart from what is made now and then', () => {
    const { auto_hit_objects, auto_hit_objects_in_all } = makeRatios([], allocations);
    expect([auto_hit_objects, auto_hit_objects_in_all]).toEqual([1.5, 3]);
  });

  it('are made for each target and each ratio that is reported, and for nothing else', () => {
    const ratios = makeRatios(
      measuresOf(() => 1),
      allocations,
    );
    const known = [...Object.keys(targets.http), ...Object.keys(REPORTED)];
    expect(Object.keys(ratios).sort()).toEqual(known.sort());
  });

  it('with a target are all there after a quick run', () => {
    const quick = new Set(ids(makeStages(true)));
    const measures = measuresOf(() => 1).filter(({ id }) => quick.has(id));
    expect(makeRatios(measures, allocations)).toMatchObject(
      Object.fromEntries(Object.keys(targets.http).map((id) => [id, expect.any(Number)])),
    );
  });

  it('are left out where nothing was measured', () => {
    expect(makeRatios([], undefined)).toEqual({});
  });

  it('take the cheaper form of bare', () => {
    const cost = { 'bare-buffer': 10, 'bare-string': 8, auto: 4 };
    const ratios = makeRatios(measuresOf(({ variant }) => cost[variant] ?? 1));
    expect(ratios.auto_hit_cpu_over_bare).toBe(0.5);
    expect(ratios.auto_hit_six_hooks_cpu_over_bare).toBe(1 / 8);
  });

  it.each([
    ['auto_304_cpu_over_200', ({ head }) => (head === 'revalidation' ? 3 : 2), 1.5],
    ['early_hit_cpu_over_default', ({ variant }) => (variant === 'auto-guarded' ? 4 : 3), 0.75],
    ['handler_1500us_p50_over_hit', ({ variant }) => (variant === 'fastify-busy' ? 60 : 2), 30],
    ['stale_hit_cpu_over_hit', ({ variant }) => (variant === 'auto-stale' ? 3 : 2), 1.5],
    ['range_hit_cpu_over_bare', ({ variant }) => (variant === 'bare-range' ? 2 : 3), 1.5],
    ['https_hit_cpu_over_bare', ({ variant }) => (variant === 'bare-https' ? 2 : 3), 1.5],
  ])('%s compares what it says', (id, valueOf, expected) => {
    expect(makeRatios(measuresOf(valueOf, [1, 2, 3]))[id]).toBe(expected);
  });

  it('stand in tables whose columns are known, one group for each phase of a size', () => {
    const measures = measuresOf(() => 1);
    for (const { kind } of measures) expect(columnsOf(kind)).toBeDefined();
    const groups = new Map(
      measures.map(({ group, task }) => [group, `${task.size} ${task.shown}`]),
    );
    expect(new Set(groups.values()).size).toBe(groups.size);
  });
});

describe('the count of allocations', () => {
  const node = (id, url, functionName, children = []) => ({
    id,
    callFrame: { functionName, url, lineNumber: id },
    children,
  });
  const head = node(0, '', '(root)', [
    node(1, 'file:///app/packages/cache/dist/get.js', 'get', [
      node(2, '', 'push'),
      node(3, 'node:net', 'write'),
    ]),
    node(4, 'file:///app/benchmarks/node_modules/fastify/lib/route.js', 'route'),
    node(5, 'file:///app/benchmarks/http/servers.mjs', ''),
    node(6, '', '(V8 API)'),
  ]);
  const samples = [
    ...[1, 1, 2, 3, 4, 5, 6].map((nodeId) => ({ nodeId, size: 16 })),
    { nodeId: 1, size: 100 },
  ];
  const counted = tally({ head, samples }, 'file:///app/packages/');

  it('gives each object to the innermost frame with a url, builtins to their caller', () => {
    expect(counted.owners).toEqual({
      ours: { objects: 4, bytes: 148 },
      node: { objects: 2, bytes: 32 },
      modules: { objects: 1, bytes: 16 },
      server: { objects: 1, bytes: 16 },
    });
  });

  it('names our sites, lines counted from one', () => {
    expect(counted.sites).toEqual([
      { name: 'get', file: 'cache/dist/get.js', line: 2, objects: 4, bytes: 148 },
    ]);
  });

  it('is per request, and sums up', () => {
    const { ours, total, server } = perRequest(counted, 2);
    expect(ours).toEqual({ objects: 2, bytes: 74 });
    expect(server.objects).toBe(0.5);
    expect(total).toEqual({ objects: 4, bytes: 106 });
  });

  it('takes off what bare shows', () => {
    const one = perRequest(counted, 1);
    const two = perRequest(counted, 2);
    expect(beyondBare({ bare: two, auto: one }).auto.ours).toEqual({ objects: 2, bytes: 74 });
  });

  it('is told as a table as wide as its header, and sites above a hundredth', () => {
    const one = perRequest(counted, 500);
    const { header, rows } = allocationTable({ bare: one, auto: one });
    for (const row of rows) expect(row).toHaveLength(header.length);
    expect(allocationSites(one)).toEqual([]);
    expect(allocationSites(perRequest(counted, 4))).toEqual([
      'get (cache/dist/get.js:2): 1.00 objects, 37 B',
    ]);
  });
});

describe('the certificate', () => {
  it('is one that signs itself, good now', () => {
    const certificate = new X509Certificate(makeCertificate().cert);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now());
    expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.now());
  });
});

describe('a round', () => {
  const run = async (cells, phase, headers) => {
    const client = startClient();
    const plan = { client, phases: [phase], warm: 30, slices: 1, shift: 0 };
    try {
      const due = cells.map((cell) => ({ ...cell, headers: isBare(cell) ? headers : undefined }));
      return await measureRound(due, plan, () => undefined);
    } finally {
      await client.stop();
    }
  };
  const phase = (head) => ({
    name: 'p',
    connections: 2,
    requests: 20,
    shown: '',
    asks: [{ head }],
  });
  const fields = [
    'content-type',
    'application/json',
    'content-length',
    '1024',
    'content-range',
    'x',
  ];

  it('checks the bytes of a range, of a server by hand and of the cache', async () => {
    const cells = ['bare-range', 'auto'].map((variant) => ({
      variant,
      size: 65_536,
      head: 'range',
    }));
    const [bare, ours] = await run(cells, phase('range'), fields);
    for (const { answer } of [bare, ours]) {
      expect(answer).toMatch(/^HTTP\/1\.1 206 [^]*content-range: bytes 20480-21503\/65536\r\n/i);
    }
    expect(ours.phases.p.p50Ms).toBeGreaterThan(0);
  });

  it('asks over HTTPS', async () => {
    const cells = [{ variant: 'auto-https', size: 1024, isSecure: true }];
    const [{ answer, phases }] = await run(cells, phase('browser'));
    expect(answer).toContain('hit');
    expect(phases.p.cpuMicros).toBeGreaterThan(0);
  });

  it('answers early, behind schemas and hooks that only the first request may reach', async () => {
    const cells = [{ variant: 'early-guarded', size: 1024, head: 'guarded' }];
    const [{ answer }] = await run(cells, phase('guarded'));
    expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*cache-status: catzilla; hit/i);
  });

  it('fails where an answer is another one', async () => {
    const cells = [{ variant: 'bare-buffer', size: 1024 }];
    await expect(run(cells, phase('range'), fields.slice(0, 4))).rejects.toThrow(
      'expected HTTP/1.1 206',
    );
  });
});
