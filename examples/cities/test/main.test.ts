import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Runs the built example as `npm start` does. */
function start(environment: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], { env: { ...process.env, ...environment } });
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
    'prints its URL, answers, and ends with 0 on %s',
    async (signal) => {
      const { child, output, closed, url } = start({ PORT: '0', HOST: '' });
      const address = await url();
      expect(output.stdout).toMatch(/^Catzilla cities: http:\/\/127\.0\.0\.1:\d+\n$/);
      expect((await fetch(`${address}/health`)).status).toBe(200);
      // Neither a listener that stays nor a connection opened ahead of need may keep it alive, and a second
      // signal must not change the code.
      const unused = connect(Number(new URL(address).port), '127.0.0.1').on(
        'error',
        () => undefined,
      );
      await once(unused, 'connect');
      const stream = await fetch(`${address}/events`);
      child.kill(signal);
      child.kill(signal);
      expect(await closed).toStrictEqual([0, null]);
      await stream.text().catch(() => undefined);
      expect(output.stderr).toBe('');
    },
  );

  it('ends with 0 on a signal that comes as soon as the URL is there', async () => {
    const { child, closed } = start({ PORT: '0' });
    child.stdout.once('data', () => child.kill('SIGTERM'));
    expect(await closed).toStrictEqual([0, null]);
  });

  it('says in one sentence that its port is busy, and ends with 1', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { output, closed } = start({ PORT: String(port), HOST: '127.0.0.1' });
    expect(await closed).toStrictEqual([1, null]);
    expect(output.stdout).toBe('');
    expect(output.stderr).toBe(
      `Port ${port} of 127.0.0.1 is in use: choose another with PORT=, for example PORT=0 for any free one.\n`,
    );
  });

  it.each(['x', '-1', '65536', '80.5'])('refuses PORT=%s', async (port) => {
    const { output, closed } = start({ PORT: port });
    expect(await closed).toStrictEqual([1, null]);
    expect(output.stderr).toBe(`PORT must be an integer from 0 to 65535, got ${port}.\n`);
  });
});
