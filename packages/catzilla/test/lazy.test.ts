// What is off is not loaded: what a process reads that imports `catzilla`, or starts an application, is what it asked for.
// Each in a process of its own: this one has loaded everything.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it, onTestFinished } from 'vitest';

const run = promisify(execFile);
const LIST = fileURLToPath(new URL('support/list-modules.mjs', import.meta.url));

/** Files of all modules that are loaded. */
async function filesOf(what: 'fastify' | 'import' | 'app', options: object = {}) {
  const { stdout } = await run(process.execPath, [LIST, what, JSON.stringify(options)], {
    maxBuffer: 16 * 1024 * 1024,
  });
  return (JSON.parse(stdout) as string[]).map((file) => file.replaceAll('\\', '/'));
}

/** Names of the packages of others among them. */
function packagesOf(files: readonly string[]): Set<string> {
  const names = files.map((file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
  return new Set(names.filter((name) => name !== undefined));
}

/** Files of ours, as `package/path`. */
function oursOf(files: readonly string[]): string[] {
  return files.flatMap(
    (file) => /\/packages\/([^/]+)\/dist\/(.*)$/.exec(file)?.slice(1).join('/') ?? [],
  );
}

// What does the work of a part.
const WORK: Readonly<Record<string, RegExp>> = {
  tasks: /^tasks\/runner\//,
  static: /^static\/(?:serve|file|make-parts)/,
  realtime: /^realtime\/(?:hub|websocket|sse|stream|presence)\//,
  dashboard: /^monitor\/dashboard\/(?:watcher|feed|routes|assets)/,
};

let fastifys: Set<string>;
beforeAll(async () => {
  fastifys = packagesOf(await filesOf('fastify'));
});

/** What is loaded beside what Fastify itself loads. */
function beside(files: readonly string[]): string[] {
  return [...packagesOf(files)].filter((name) => !fastifys.has(name)).sort();
}

/** Parts whose work is loaded. */
function working(files: readonly string[]): string[] {
  const ours = oursOf(files);
  return Object.keys(WORK).filter((part) => ours.some((file) => WORK[part]!.test(file)));
}

it('an import of catzilla loads no plugin, client or engine of others but lru-cache', async () => {
  const files = await filesOf('import');
  expect(beside(files)).toStrictEqual(['fastify-plugin', 'lru-cache']);
  expect(working(files)).toStrictEqual([]);
});

it('createApp() loads what is on by default, in production no dashboard', async () => {
  const files = await filesOf('app', { mode: 'production' });
  expect(beside(files)).toStrictEqual(['@fastify/helmet', 'fastify-plugin', 'helmet', 'lru-cache']);
  expect(working(files)).toStrictEqual([]);
});

it('what is on is loaded, and helmet is not where it is off', async () => {
  const root = mkdtempSync(join(tmpdir(), 'catz-lazy-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const files = await filesOf('app', {
    mode: 'development',
    builtins: { helmet: false, cookie: true },
    realtime: { sse: false },
    static: { root },
  });
  expect(working(files)).toStrictEqual(['static', 'realtime', 'dashboard']);
  expect(beside(files)).toEqual(
    expect.arrayContaining(['@fastify/cookie', '@fastify/static', '@fastify/websocket', 'mime']),
  );
  for (const off of ['@fastify/helmet', '@fastify/sse', 'bullmq', 'ioredis']) {
    expect(beside(files)).not.toContain(off);
  }
});
