// The proxy as a user starts it: the built file, its environment, its signals.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, startOrigin } from './helpers.ts';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

function start(environment: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ORIGIN: '', PORT: '', HOST: '', ...environment },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const url = async (): Promise<string> => {
    while (!output.stdout.includes('\n')) {
      await Promise.race([
        once(child.stdout, 'data'),
        closed.then(() => Promise.reject(new Error(`ended before listening: ${output.stderr}`))),
      ]);
    }
    return /http:\S+/.exec(output.stdout)![0];
  };
  return { child, output, closed, url };
}

describe('main', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'answers from the cache, ends what runs, and exits with 0 on %s',
    async (signal) => {
      let runs = 0;
      let arrived = (): void => undefined;
      let release = (): void => undefined;
      const slow = new Promise<void>((resolve) => (arrived = resolve));
      const origin = await startOrigin((request, response) => {
        if (request.url === '/slow') {
          release = () => response.end('slow');
          return arrived();
        }
        response.writeHead(200, { 'cache-control': 'max-age=60' }).end(`body ${++runs}`);
      });
      const { child, output, closed, url } = start({ ORIGIN: `${origin}/`, PORT: '0' });
      const address = await url();
      expect(output.stdout).toBe(`Catzilla proxy: ${address} before ${origin}\n`);
      expect((await ask(`${address}/a`)).isHit).toBe(false);
      expect((await ask(`${address}/a`)).isHit).toBe(true);
      expect(runs).toBe(1);
      const running = ask(`${address}/slow`);
      await slow;
      child.kill(signal);
      child.kill(signal);
      await new Promise((passed) => setTimeout(passed, 50));
      release();
      expect((await running).body.toString()).toBe('slow');
      expect(await closed).toStrictEqual([0, null]);
      expect(output.stderr).toBe('');
    },
  );

  it.each(['', 'example.com', 'ftp://a.test', 'http://a.test/path', 'http://'])(
    'refuses ORIGIN=%s',
    async (origin) => {
      const { output, closed } = start({ ORIGIN: origin });
      expect(await closed).toStrictEqual([1, null]);
      expect(output.stderr).toBe(
        `ORIGIN must be an http or https URL without a path, got "${origin}".\n`,
      );
    },
  );

  it.each(['x', '-1', '65536', '80.5'])('refuses PORT=%s', async (port) => {
    const { output, closed } = start({ ORIGIN: 'http://a.test', PORT: port });
    expect(await closed).toStrictEqual([1, null]);
    expect(output.stderr).toBe(`PORT must be an integer from 0 to 65535, got ${port}.\n`);
  });

  it('says in one sentence that its port is busy, and ends with 1', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { output, closed } = start({ ORIGIN: 'http://a.test', PORT: String(port) });
    expect(await closed).toStrictEqual([1, null]);
    expect(output.stderr).toBe(
      `Port ${port} of 127.0.0.1 is in use: choose another with PORT=, for example PORT=0 for any free one.\n`,
    );
  });
});
