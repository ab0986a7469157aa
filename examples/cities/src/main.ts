// Starts the example: PORT (3000; 0 is any free one) and HOST (127.0.0.1) say where, SIGINT and SIGTERM
// end it with code 0 once running requests are answered. The only file that reads the environment.

import { buildApp } from './app.ts';

const port = Number(process.env['PORT'] || 3000);
const host = process.env['HOST'] || '127.0.0.1';

if (Number.isInteger(port) && port >= 0 && port <= 65535) {
  start().catch((error: unknown) => fail(reason(error)));
} else {
  fail(`PORT must be an integer from 0 to 65535, got ${process.env['PORT']}.`);
}

async function start(): Promise<void> {
  const app = await buildApp();
  // Ctrl-C reaches the whole process group, and npm passes it on as well: a second signal must change nothing.
  // An exit by itself gives signals back their default effect while the process is being taken down, so that
  // one arriving then would count as a kill; exit() does not.
  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    app
      .close()
      .catch((error: unknown) => fail(reason(error)))
      .finally(() => process.exit());
  };
  // Before anybody can learn from the line below that the server is there.
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    // The address names the port the system chose when PORT is 0.
    const address = await app.listen({ port, host });
    process.stdout.write(`Catzilla cities: ${address}\n`);
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
  if (code === 'EACCES') return `Port ${port} needs more rights: choose one above 1023 with PORT=.`;
  return `Catzilla cities could not run: ${message}`;
}

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
