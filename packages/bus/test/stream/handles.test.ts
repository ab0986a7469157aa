// A process that has closed its bus ends by itself, whatever state the server is in.
import { spawn } from 'node:child_process';
import { expect } from 'vitest';
import { freePort } from '../../src/testing/index.ts';
import { it, ownRedis, sharedRedis } from '../support/redis.ts';

const BUS = new URL('../../dist/index.js', import.meta.url).href;
const TESTING = new URL('../../dist/testing/index.js', import.meta.url).href;

/** Runs a script that has `bus`, and gives what it printed with its exit code. */
function run(driver: string, url: string, body: string): Promise<string> {
  const script = `
    import { streamBus, memoryBus } from '${BUS}';
    import { until, useDriver } from '${TESTING}';
    useDriver('${driver}');
    const bus = streamBus({ url: '${url}' });
    ${body}
    console.log('closed');`;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), 120_000);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(`${output.trim()} ${code ?? signal}`);
    });
  });
}

const USE = `
  const texts = [];
  const subscription = bus.subscribe('t', ({ payload }) => texts.push(payload.toString()));
  await subscription.ready;
  await bus.append('t', 'x');
  await until('the message', () => texts.length === 1);`;

const redis = sharedRedis();

for (const driver of ['ioredis5', 'ioredis']) {
  it(`ends after use (${driver})`, async () => {
    const { url } = await redis();
    expect(await run(driver, url, `${USE} await bus.close();`)).toBe('closed 0');
  });

  it(`ends when only the subscriptions and the bus were closed without waiting (${driver})`, async () => {
    const { url } = await redis();
    const body = `${USE} subscription.close(); void bus.close();`;
    expect(await run(driver, url, body)).toBe('closed 0');
  });

  it(`ends when there never was a server (${driver})`, async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const body = `bus.subscribe('t', () => undefined);
      await until('it to be down', () => bus.health().state === 'down');
      bus.append('t', 'forgotten');
      await bus.close();`;
    expect(await run(driver, url, body)).toBe('closed 0');
  });

  it(`ends when it is closed at once, and when the server does not answer (${driver})`, async () => {
    const { url } = await redis();
    expect(await run(driver, url, 'await bus.close();')).toBe('closed 0');
    const server = await ownRedis();
    server.pause();
    const body = `bus.subscribe('t', () => undefined);
      await bus.append('t', 'x').catch(() => undefined);
      await bus.close();`;
    expect(await run(driver, server.url, body)).toBe('closed 0');
  });
}
