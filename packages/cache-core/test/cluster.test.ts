// One name, opened by workers of node:cluster, by forked scripts, and by programs that a process manager has started:
// the same values for all. At the default place, which only the name tells.
import { exec } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCache } from '../src/index.ts';
import { endProcesses, Process, temporaryFolder } from './support/process.ts';

const packageUrl = new URL('../dist/index.js', import.meta.url).href;
const options = { scope: 'machine', maxBytes: 2 ** 20 } as const;
let serial = 0;
let name: string;

/** Answers what it is asked: [method, ...arguments], the answer as text where it is bytes. */
const service = `
  import { openCache } from ${JSON.stringify(packageUrl)};
  const cache = openCache(process.env.CACHE_NAME, ${JSON.stringify(options)});
  process.on('message', ([method, ...args]) => {
    const answer = cache[method](...args);
    process.send({ answer: Buffer.isBuffer(answer) ? answer.toString() : answer });
  });
  process.once('disconnect', () => process.exit());
  process.send({ answer: 'ready' });`;

/** Runs the service twice, and passes on [number of the worker, ...what to ask it]; 'replace' kills that worker. */
const primary = `
  import cluster from 'node:cluster';
  import { once } from 'node:events';
  cluster.setupPrimary({ exec: process.argv[2] });
  const start = async () => {
    const worker = cluster.fork();
    await once(worker, 'message');
    return worker;
  };
  const workers = [await start(), await start()];
  process.on('message', async ([number, ...question]) => {
    if (question[0] === 'replace') {
      workers[number].process.kill('SIGKILL');
      await once(workers[number], 'exit');
      workers[number] = await start();
      return process.send('replaced');
    }
    workers[number].send(question);
    const [{ answer }] = await once(workers[number], 'message');
    process.send(answer ?? null);
  });
  process.once('disconnect', () => process.exit());
  process.send('ready');`;

function script(file: string, text: string): string {
  const path = join(temporaryFolder(), file);
  writeFileSync(path, text);
  return path;
}

describe.runIf(process.platform === 'linux')('one name', () => {
  beforeEach(() => {
    name = `cluster-${process.pid}-${serial++}`;
  });
  afterEach(async () => {
    await endProcesses();
    openCache(name, options).close({ unlink: true });
  });
  const environment = () => ({ ...process.env, CACHE_NAME: name });

  it('is one cache for the workers of a cluster, also for one that replaces a killed one', async () => {
    const files = [script('primary.mjs', primary), script('worker.mjs', service)];
    const cluster = new Process([process.execPath, ...files], environment());
    const ask = async (...question: unknown[]) => {
      cluster.send(question);
      return cluster.next();
    };
    expect(await cluster.next()).toBe('ready');
    expect(await ask(0, 'set', 'page', 'one', { tags: ['pages'] })).toBe(true);
    for (let i = 0; i < 5; i++) expect(await ask(1, 'get', 'page')).toBe('one');
    expect(await ask(0, 'set', 'page', 'two', { tags: ['pages'] })).toBe(true);
    expect(await ask(1, 'get', 'page')).toBe('two');
    expect(await ask(0, 'stats')).toMatchObject({ processes: 2, nearHits: expect.any(Number) });
    expect(await ask(0, 'replace')).toBe('replaced');
    expect(await ask(0, 'get', 'page')).toBe('two');
    await ask(0, 'invalidateTag', 'pages');
    expect(await ask(1, 'get', 'page')).toBeNull();
    expect(await ask(1, 'stats')).toMatchObject({ processes: 2, corrupt: 0 });
  });

  it('is one cache for separate scripts', async () => {
    const one = new Process([process.execPath, script('one.mjs', service)], environment());
    const two = new Process([process.execPath, script('two.mjs', service)], environment());
    expect(await Promise.all([one.next(), two.next()])).toEqual(Array(2).fill({ answer: 'ready' }));
    one.send(['set', 'a', 'from one']);
    expect(await one.next()).toEqual({ answer: true });
    two.send(['get', 'a']);
    expect(await two.next()).toEqual({ answer: 'from one' });
    two.send(['delete', 'a']);
    expect(await two.next()).toEqual({ answer: true });
    one.send(['has', 'a']);
    expect(await one.next()).toEqual({ answer: false });
  });

  // A process manager starts programs through a shell, in folders and with environments of their own.
  it('is one cache for programs started by a process manager, one after the other too', async () => {
    const app = script(
      'app.mjs',
      `import { openCache } from ${JSON.stringify(packageUrl)};
       const cache = openCache(process.env.CACHE_NAME, ${JSON.stringify(options)});
       const before = Number(cache.get('visits') ?? 0);
       cache.set('visits', String(before + 1));
       console.log(before, cache.stats().opened);
       cache.close();`,
    );
    const start = async (instance: number) => {
      const { stdout } = await promisify(exec)(`"${process.execPath}" "${app}"`, {
        cwd: temporaryFolder(),
        env: { ...environment(), NODE_APP_INSTANCE: String(instance), pm_id: String(instance) },
      });
      return stdout.trim();
    };
    expect(await start(0)).toBe('0 created');
    expect(await start(1)).toBe('1 warm');
    const cache = openCache(name, options);
    expect(await start(2)).toBe('2 attached');
    expect(cache.get('visits')?.toString()).toBe('3');
    cache.close();
  });
});
