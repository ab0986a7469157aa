// What the command line adds to the options of an application, by the log lines that come of it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import Fastify from 'fastify';
import type { FastifyServerOptions } from 'fastify';
import { expect, it, onTestFinished } from 'vitest';
import { nameThread, overridesFor } from '../../src/threads/thread-options.ts';

let serial = 0;

async function module(source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'catzilla-options-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, `app-${serial++}.mjs`);
  await writeFile(file, source);
  return file;
}

const overrides = async (config: string, thread = 3) =>
  overridesFor(await module(`export const config = ${config};`), thread, undefined);

it('adds the shutdown delay that was asked for, and none where none was', async () => {
  const file = await module('export const config = {};');
  expect((await overridesFor(file, 1, 0)).shutdown).toStrictEqual({ shutdownDelay: 0 });
  expect(await overridesFor(file, 1, undefined)).not.toHaveProperty('shutdown');
});

it('logs with the thread named, and not every request, where the application says nothing', async () => {
  const { server } = await overrides('{}');
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const { logger, ...rest } = server as FastifyServerOptions & { logger: object };
  const app = Fastify({ ...rest, logger: { ...logger, stream } } as FastifyServerOptions);
  app.get('/', async (request) => {
    request.log.info('mine');
    return '';
  });
  await app.inject('/');
  await app.close();
  const own = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(own).toHaveLength(1);
  expect(own[0]).toMatchObject({ thread: 3, msg: 'mine', pid: process.pid });
  expect(own[0]!['hostname']).toEqual(expect.any(String));
});

it.each([
  ['{ server: { logger: true } }', {}],
  ['{ server: { logger: { level: "warn" } } }', {}],
  ['{ server: { disableRequestLogging: false } }', {}],
])('leaves requests in the log where the application says %s', async (config) => {
  const { server } = await overrides(config);
  expect(Object.keys(server!)).toStrictEqual(['logger']);
});

it.each([
  ['{ app: "mine" }', { app: 'mine', thread: 3 }],
  ['null', { thread: 3 }],
])('keeps the base %s of its logger', async (base, expected) => {
  const { server } = await overrides(`{ server: { logger: { base: ${base} } } }`);
  expect(server).toStrictEqual({ logger: { base: expected } });
});

it('adds no logger where the application wants none, or has made one', async () => {
  expect(await overrides('{ server: { logger: false } }')).toStrictEqual({});
  expect(await overrides('{ server: { loggerInstance: {} } }')).toStrictEqual({});
});

it('finds the config of a CommonJS module', async () => {
  const file = (await module('')).replace('.mjs', '.cjs');
  await writeFile(file, 'module.exports = { config: { server: { logger: false } } };');
  expect(await overridesFor(file, 1, undefined)).toStrictEqual({});
});

it('leaves a module that does not load to who loads it', async () => {
  const { server } = await overridesFor('/nowhere/app.mjs', 1, undefined);
  expect(server).toHaveProperty('logger');
});

it('names the thread in a logger of the application’s own, once', () => {
  const bindings: object[] = [];
  const log = (given: object) => ({
    bindings: () => given,
    setBindings: (more: object) => bindings.push(more),
  });
  const nameIn = (given: object) => nameThread({ log: given } as never, 4);
  nameIn(log({}));
  nameIn(log({ thread: 1 }));
  nameIn({});
  expect(bindings).toStrictEqual([{ thread: 4 }]);
});
