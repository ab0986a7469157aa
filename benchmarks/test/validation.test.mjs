import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startClient } from '../http/rig.mjs';
import { measureRound } from '../http/rounds.mjs';
import { runChild } from '../lib/child.mjs';
import targets from '../targets.json' with { type: 'json' };
import { checkCells } from '../validation/cells.mjs';
import { loadChecks, LABELS, WAYS } from '../validation/checks.mjs';
import { makeRatios, pairedRatio, REPORTED } from '../validation/ratios.mjs';
import { servers } from '../validation/requests/servers.mjs';
import { LABELS as SERVER_LABELS, makeStages } from '../validation/requests/stages.mjs';
import { BAD, GOOD, libraries } from '../validation/schemas.mjs';

const FILES = new URL('../validation/', import.meta.url);
const PROVIDER = 'fastify-type-provider-zod';
/** `npm test` installs no competitor; the libraries of schemas are there, since ours are tested with them. */
const isInstalled = existsSync(new URL(`../node_modules/${PROVIDER}`, import.meta.url));
const why = `${PROVIDER} is not installed: npm run bench installs it`;

describe.each(Object.keys(libraries))('%s', (library) => {
  it('takes the good value and refuses the bad one, whoever asks', async (context) => {
    if (WAYS[library].includes('provider') && !isInstalled) context.skip(why);
    for (const { way, check } of await loadChecks(library)) {
      expect([way, check(structuredClone(GOOD))]).toEqual([way, true]);
      expect([way, check(structuredClone(BAD))]).toEqual([way, false]);
    }
  });

  it('refuses each of the three faults by itself', async (context) => {
    if (WAYS[library].includes('provider') && !isInstalled) context.skip(why);
    const address = { ...GOOD.address, zip: BAD.address.zip };
    for (const { way, check } of await loadChecks(library)) {
      // As Fastify has it, ajv makes a text of a number.
      const isTurned = way === 'fastify';
      for (const fault of [{ amount: BAD.amount }, { name: BAD.name }, { address }]) {
        const due = isTurned && fault.address !== undefined;
        expect([way, check(structuredClone({ ...GOOD, ...fault }))]).toEqual([way, due]);
      }
    }
  });

  it.for([true, false])('is measured in all its ways, good: %s', async (isGood, context) => {
    if (WAYS[library].includes('provider') && !isInstalled) context.skip(why);
    const timing = { warm: 10, window: 10, turns: 2 };
    const figures = await runChild(new URL('check.mjs', FILES), { library, isGood, timing });
    expect(Object.keys(figures)).toEqual(WAYS[library]);
    for (const { threadNs, windows } of Object.values(figures)) {
      expect(threadNs).toBeGreaterThan(0);
      expect(windows).toHaveLength(2);
    }
  });
});

describe('what is measured', () => {
  it('has an id of its own and a name for each row', () => {
    const rows = checkCells({ quick: false }).flatMap((cell) => cell.rows);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    for (const { way, label } of rows) expect(label).toBe(LABELS[way]);
  });

  it('has a server and a name for each variant', () => {
    const variants = makeStages(true).flatMap((stage) => stage.variants);
    expect(Object.keys(servers).sort()).toEqual([...variants].sort());
    for (const variant of variants) expect(SERVER_LABELS[variant]).toEqual(expect.any(String));
  });

  it.for(makeStages(true))('is the same answer from all: $group', async (stage, context) => {
    const variants = stage.variants.filter((name) => isInstalled || !name.includes('provider'));
    const rows = variants.map((variant) => ({ variant, samples: [] }));
    const server = new URL('requests/server.mjs', FILES);
    const client = startClient();
    try {
      const pace = { warm: 60, slices: 2, requests: 60 };
      await measureRound({ ...stage, ...pace, rows, server }, { client, round: 0 });
    } finally {
      await client.stop();
    }
    for (const { samples } of rows) expect(samples[0].cpuMicros).toBeGreaterThan(0);
    if (variants.length < stage.variants.length) context.skip(why);
  });
});

describe('the figures', () => {
  const ids = [
    ...checkCells({ quick: false }).flatMap(({ rows }) => rows.map(({ id }) => id)),
    ...makeStages(false).flatMap(({ variants }) => variants),
  ];
  const measuresOf = (costOf) =>
    ids.map((id) => {
      const cost = costOf(id);
      return { id, median: cost, details: [{ slices: [cost], windows: [cost] }] };
    });

  it('are those that have targets, and those that the page reports', () => {
    const known = [...Object.keys(targets.validation), ...Object.keys(REPORTED)];
    expect(Object.keys(makeRatios(measuresOf(() => 1))).sort()).toEqual(known.sort());
  });

  it('are none where nothing was measured', () => {
    expect(makeRatios([])).toEqual({});
  });

  it.each([
    ['zod_over_direct', { 'ours zod good': 3, 'direct zod good': 2 }, 1.5],
    ['valibot_bad_over_direct', { 'ours valibot bad': 3 }, 3],
    ['standard_added_us', { 'ours zod good': 501, 'ours arktype good': 301 }, 0.5],
    ['off_cpu_over_fastify', { off: 3, plain: 2 }, 1.5],
    ['strict_numbers_cpu_over_fastify', { 'strict-numbers': 3, 'plain-numbers': 4 }, 0.75],
    ['sync_chain_cpu_over_hooks', { 'chain-sync': 3, 'hooks-sync': 2 }, 1.5],
    ['zod_reply_cpu_over_provider', { 'reply-zod-ours': 1, 'reply-zod-provider': 2 }, 0.5],
  ])('%s compares what it says', (name, costs, expected) => {
    expect(makeRatios(measuresOf((id) => costs[id] ?? 1))[name]).toBeCloseTo(expected);
  });

  it('compare what was taken at the same time', () => {
    const row = (...slices) => ({ details: [{ slices }] });
    expect(pairedRatio(row(20, 90, 40), row(10, 30, 20), 'slices')).toBe(2);
  });
});
