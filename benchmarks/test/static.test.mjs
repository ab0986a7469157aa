import { existsSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { startClient, startServer } from '../http/rig.mjs';
import { measureRound } from '../http/rounds.mjs';
import { contentOf, SIZES } from '../static/files.mjs';
import { nginxBinary } from '../static/nginx.mjs';
import { makeRatios, REPORTED } from '../static/ratios.mjs';
import { servers } from '../static/servers.mjs';
import { LABELS, makeStages } from '../static/stages.mjs';
import targets from '../targets.json' with { type: 'json' };

/** `npm test` installs none of them. */
const MISSING = ['@fastify/static', '@fastify/compress', '@catzilla/static'].filter(
  (name) => !existsSync(new URL(`../node_modules/${name}`, import.meta.url)),
);

function skipWithout(context) {
  if (MISSING.length === 0) return;
  context.skip(`${MISSING.join(', ')} not installed: npm run bench installs them`);
}

const SERVER = new URL('../static/server.mjs', import.meta.url);

describe('requests', () => {
  it('have a server and a name for each variant', () => {
    const variants = new Set(makeStages(false, true).flatMap((stage) => stage.variants));
    expect(Object.keys(servers).sort()).toEqual([...variants].sort());
    for (const variant of variants) expect(LABELS[variant]).toEqual(expect.any(String));
  });

  it.for(makeStages(true).filter(({ suffix }) => suffix.startsWith('small')))(
    'get the file from all: $group',
    async (stage, context) => {
      skipWithout(context);
      const rows = stage.variants.map((variant) => ({ variant, samples: [] }));
      const client = startClient();
      try {
        const pace = { warm: 100, slices: 1, requests: 100 };
        await measureRound({ ...stage, ...pace, rows, server: SERVER }, { client, round: 0 });
      } finally {
        await client.stop();
      }
      for (const { samples } of rows) expect(samples[0].cpuMicros).toBeGreaterThan(0);
    },
  );

  it('are answered in chunks by compression on the way, which are joined before they are compared', async (context) => {
    skipWithout(context);
    const server = await startServer({ variant: 'fastify-compress' }, [], SERVER);
    const client = startClient();
    try {
      const request = 'GET /large.js HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br\r\n\r\n';
      const { head, body } = await client.probe({ port: server.port, request });
      expect(head).toMatch(/transfer-encoding: chunked/i);
      const bytes = brotliDecompressSync(Buffer.from(body, 'base64'));
      expect(bytes.equals(contentOf('large.js'))).toBe(true);
    } finally {
      await client.stop();
      await server.stop();
    }
  });
});

it('nginx tells its CPU time', async (context) => {
  if (nginxBinary() === undefined) context.skip('nginx is not installed');
  const server = await startServer({ variant: 'nginx' }, [], SERVER);
  try {
    const { cpu, rss } = await server.usage();
    expect(cpu).toBeGreaterThan(0);
    expect(rss).toBeGreaterThan(0);
  } finally {
    await server.stop();
  }
});

describe('the figures', () => {
  const ids = makeStages(false, true).flatMap(({ variants, suffix }) =>
    variants.map((variant) => `${variant} ${suffix}`),
  );

  it('are those that have targets, and those that the page reports', () => {
    const ratios = makeRatios(ids.map((id) => ({ id, median: 1 })));
    const known = [...Object.keys(targets.static), ...Object.keys(REPORTED)];
    expect(Object.keys(ratios).sort()).toEqual(known.sort());
  });

  it('are none where nothing was measured', () => {
    expect(makeRatios([])).toEqual({});
  });

  it('compare what they say', () => {
    const measures = [
      { id: 'catzilla small.js gzip', median: 2 },
      { id: 'fastify-compress small.js gzip', median: 6 },
      { id: 'fastify-precompressed small.js gzip', median: 4 },
      { id: 'nginx small.js gzip', median: 1 },
    ];
    expect(makeRatios(measures)).toEqual({
      small_gzip_over_compress: 3,
      small_gzip_over_precompressed: 2,
      small_gzip_to_nginx: 2,
    });
  });

  it('are of files that are as large as they say', () => {
    for (const [name, size] of Object.entries(SIZES)) expect(contentOf(name).length).toBe(size);
  });
});
