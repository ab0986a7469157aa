// Starts the proxy: ORIGIN says what it stands before, PORT (3000; 0 is any free one) and HOST (127.0.0.1) where it listens.
// SIGINT and SIGTERM end it with code 0 once running requests are answered. The only file that reads the environment.
import { buildProxy } from './proxy.ts';

const origin = process.env['ORIGIN'] ?? '';
const port = Number(process.env['PORT'] || 3000);
const host = process.env['HOST'] || '127.0.0.1';

if (!/^https?:\/\/[^/?#]+\/?$/.test(origin) || !URL.canParse(origin)) {
  fail(`ORIGIN must be an http or https URL without a path, got ${JSON.stringify(origin)}.`);
} else if (!Number.isInteger(port) || port < 0 || port > 65535) {
  fail(`PORT must be an integer from 0 to 65535, got ${process.env['PORT']}.`);
} else {
  start().catch((error: unknown) => fail(reason(error)));
}

async function start(): Promise<void> {
  const app = await buildProxy({ origin: new URL(origin).origin });
  // Ctrl-C reaches the whole process group, and npm passes it on as well: a second signal must change nothing.
  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    app
      .close()
      .catch((error: unknown) => fail(reason(error)))
      .finally(() => process.exit());
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    const address = await app.listen({ port, host });
    process.stdout.write(`Catzilla proxy: ${address} before ${new URL(origin).origin}\n`);
  } catch (error) {
    if (isStopping) return;
    await app.close();
    fail(reason(error));
  }
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return `Port ${port} of ${host} is in use: choose another with PORT=, for example PORT=0 for any free one.`;
  }
  return `Catzilla proxy could not run: ${message}`;
}

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
