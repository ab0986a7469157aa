import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const dist = new URL('../../dist/index.js', import.meta.url).href;

// In a process of its own: this one has loaded everything. What is CommonJS stands in the cache of require.
const program = (options: string): string => `
  import { createRequire } from 'node:module';
  import Fastify from 'fastify';
  import { realtime } from ${JSON.stringify(dist)};
  const app = Fastify();
  await app.register(realtime, ${options});
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  console.log(['@fastify/websocket', '@fastify/sse'].filter((name) => loaded.some((path) => path.includes('/' + name + '/'))).join());
  await app.close();`;

it.each([
  ['{}', '@fastify/websocket,@fastify/sse'],
  ['{ websocket: false }', '@fastify/sse'],
  ['{ sse: false }', '@fastify/websocket'],
])('with %s only what is on is loaded', async (options, expected) => {
  const { stdout } = await run(process.execPath, [
    '--input-type=module',
    '--eval',
    program(options),
  ]);
  expect(stdout.trim()).toBe(expected);
});
