// Background tasks of `catzilla start`: the main thread has their stores, real processes and folders.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { embeddedBackend } from '@catzilla/tasks/embedded';
import { ask, askAll } from '../cli-start/support/client.ts';
import { application, start } from '../cli-start/support/program.ts';
import type { Line, Program } from '../cli-start/support/program.ts';

const CATZILLA = import.meta.resolve('catzilla');

/** Each run of a task says so in a line of the log: which job, by which thread. `POST /jobs/:n` adds n jobs, and answers once they are
 * acknowledged; those of `held` last until the file `go` is there. What has ended stands in the file `ended`, too. */
const appIn = (dir: string | undefined, more = '') => `
  import { appendFileSync, existsSync } from 'node:fs';
  import { threadId, workerData } from 'node:worker_threads';
  import { defineTask, embeddedBackend } from '${CATZILLA}';
  const anything = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
  let log;
  const note = defineTask({
    name: 'note', schema: anything, concurrency: 4, retry: { attempts: 3, delay: 1 },
    handler: async ({ n, ms }, { id, signal }) => {
      signal.addEventListener('abort', () => log.info({ aborted: id }, 'aborted'));
      log.info({ ran: id, n, worker: threadId }, 'ran');
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      while (ms === 'held' && !existsSync(${JSON.stringify(`${dir}-go`)})) await new Promise((resolve) => setTimeout(resolve, 20));
      // At once: a process that is killed takes lines of its log along.
      ${dir === undefined ? '' : `appendFileSync(${JSON.stringify(`${dir}-ended`)}, id + '\\n');`}
      log.info({ ended: id, worker: threadId }, 'ended');
      return { thread: workerData.thread, n };
    },
  });
  export const config = {
    shutdown: { shutdownDelay: 0 },
    tasks: { tasks: [note], ${dir === undefined ? '' : `backend: embeddedBackend(${JSON.stringify({ dir })}),`} ${more} },
  };
  export default async (app) => {
    log = app.log;
    app.addHook('onRequest', async (_request, reply) => { reply.header('x-thread', workerData.thread); reply.header('x-worker', threadId); });
    app.get('/who', async () => ({ thread: workerData.thread }));
    app.post('/jobs/:count/:ms', async (request) => {
      const { count, ms } = request.params;
      const handles = await app.tasks.enqueueMany(note, Array.from({ length: Number(count) }, (_, n) => ({ n, ms: ms === 'held' ? ms : Number(ms) })));
      return { ids: handles.map(({ id }) => id) };
    });
    app.post('/result/:n', async (request) => (await app.tasks.enqueue(note, { n: Number(request.params.n) })).result({ timeout: 120_000 }));
    app.post('/cancel/:id', async (request) => ({ outcome: await app.tasks.cancel(request.params.id, 'no longer wanted') }));
    app.get('/stats', async () => app.tasks.stats());
    app.get('/exit', async () => { process.exit(3); });
  };`;

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'catzilla-tasks-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return join(path, 'jobs');
}

async function serving(dir: string | undefined, threads = 2, more = '') {
  const program = start(await application(appIn(dir, more)), ['--threads', String(threads)]);
  return { program, port: await program.port() };
}

async function addJobs(port: number, count: number, ms: number | 'held' = 0): Promise<string[]> {
  const { status, body } = await ask(port, `/jobs/${count}/${ms}`, 'POST');
  expect(status, body).toBe(200);
  return (JSON.parse(body) as { ids: string[] }).ids;
}

const ended = (program: Program): string[] =>
  program.lines.flatMap(({ ended: id }) => (id === undefined ? [] : [id as string]));

/** What is left in a folder that nobody has. */
async function countsIn(dir: string) {
  const backend = embeddedBackend({ dir })('note', { connection: {} });
  onTestFinished(() => backend.close());
  return backend.getCounts(['wait', 'prioritized', 'active', 'delayed', 'failed']);
}

it('enqueues from each of two threads to one folder, runs each job once, and leaves the folder when it ends', async () => {
  const dir = await folder();
  const { program, port } = await serving(dir);
  expect([...(await askAll(port, '/who', 2)).keys()].sort()).toStrictEqual(['1', '2']);
  const ids: string[] = [];
  for (let i = 0; i < 10; i++) ids.push(...(await addJobs(port, 20, 5)));
  await program.line(({ ended: id }) => id !== undefined, ids.length);
  expect(ended(program).sort()).toStrictEqual([...ids].sort());
  const workers = new Set(program.lines.flatMap(({ ran, worker }) => (ran ? [worker] : [])));
  expect(workers.size).toBe(2);
  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
  expect(program.stderr).toBe('');
  expect(await countsIn(dir)).toStrictEqual([0, 0, 0, 0, 0]);
});

it('waits in one thread for a result from the other', async () => {
  const { port } = await serving(await folder());
  const results = await Promise.all(
    Array.from({ length: 30 }, (_, n) => ask(port, `/result/${n}`, 'POST')),
  );
  const crossed = results.filter(({ status, body, headers }) => {
    expect(status, body).toBe(200);
    return String((JSON.parse(body) as { thread: number }).thread) !== headers['x-thread'];
  });
  expect(crossed.length).toBeGreaterThan(0);
});

it('cancels in one thread what runs in the other', async () => {
  const { program, port } = await serving(await folder());
  const ids = await addJobs(port, 8, 30_000);
  await program.line(({ ran }) => ran !== undefined, ids.length);
  for (const id of ids) {
    const { body } = await ask(port, `/cancel/${id}`, 'POST');
    expect(JSON.parse(body)).toStrictEqual({ outcome: 'requested' });
  }
  await program.line(({ aborted }) => aborted !== undefined, ids.length);
});

it('goes on over a reload: nothing added before, during or after is lost', async () => {
  const dir = await folder();
  const { program, port } = await serving(dir);
  const ids = await addJobs(port, 200, 20);
  program.signal('SIGHUP');
  let isReloaded = false;
  const reloaded = program.line('reloaded').then(() => (isReloaded = true));
  while (!isReloaded) ids.push(...(await addJobs(port, 5, 1)));
  await reloaded;
  ids.push(...(await addJobs(port, 5, 1)));
  await program.line(({ ended: id }) => id !== undefined, ids.length);
  expect(ended(program).sort()).toStrictEqual([...ids].sort());
  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
});

it('runs again what a thread that failed was at, and nothing else', async () => {
  const dir = await folder();
  const { program, port } = await serving(dir);
  const ids = await addJobs(port, 8, 'held');
  await program.line(({ ran }) => ran !== undefined, ids.length);
  await ask(port, '/exit').catch(() => undefined);
  const { err } = await program.line('has ended by itself');
  expect(err).toMatchObject({ message: 'exit code 3' });
  await writeFile(`${dir}-go`, '');
  await program.line(({ ended: id }) => id !== undefined, ids.length);
  const runs = new Map<string, Line[]>();
  for (const line of program.lines) {
    if (line['ran'] === undefined) continue;
    const id = line['ran'] as string;
    runs.set(id, [...(runs.get(id) ?? []), line]);
  }
  const again = [...runs.values()].filter(({ length }) => length > 1);
  expect(again.length).toBeGreaterThan(0);
  expect(again.length).toBeLessThan(ids.length);
  // All of them began in one worker, the one that ended.
  expect(new Set(again.map(([first]) => first!['worker'])).size).toBe(1);
  expect(ended(program).sort()).toStrictEqual([...ids].sort());
  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
});

it('loses nothing that was acknowledged when the process is killed, and opens again', async () => {
  const dir = await folder();
  const first = await serving(dir);
  const ids = await addJobs(first.port, 300, 20);
  await first.program.line(({ ended: id }) => id !== undefined, 20);
  first.program.signal('SIGKILL');
  await first.program.ended;
  const second = await serving(dir);
  const had = new Set((await readFile(`${dir}-ended`, 'utf8')).split('\n'));
  const left = new Set(ids.filter((id) => !had.has(id)));
  await second.program.line(({ ended: id }) => left.delete(id as string) && left.size === 0);
  second.program.signal('SIGTERM');
  expect(await second.program.ended).toBe(0);
});

it('shares queues in memory, too, and keeps them over a reload', async () => {
  const { program, port } = await serving(undefined, 1);
  const ids = await addJobs(port, 60, 50);
  program.signal('SIGHUP');
  await program.line('reloaded');
  await program.line(({ ended: id }) => id !== undefined, ids.length);
  expect(ended(program).sort()).toStrictEqual([...ids].sort());
});

it('says once, in the main thread, which jobs in memory are lost with the process', async () => {
  const { program, port } = await serving(undefined, 1, 'drainTimeout: 50, abortGrace: 50');
  await addJobs(port, 7, 30_000);
  program.signal('SIGTERM');
  await program.ended;
  const lines = program.lines.filter(({ msg }) => msg.includes('only in memory are lost'));
  expect(lines).toMatchObject([{ thread: 0, queues: { note: 7 } }]);
});
