// Free ports of the loopback interface for test servers, below the range that systems give to outgoing connections, so
// that a port stays free while its server restarts; a cluster node also listens on its port + 10000 (< 32768).
import { createServer } from 'node:net';

const FIRST = 15_000;
const COUNT = 7_000;
/** What a cluster node adds to its port for its own bus. */
export const CLUSTER_BUS_OFFSET = 10_000;

/** Finds a port nobody listens on. Another process may take it before its server does: start again then. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if ((await isFree(port)) && (await isFree(port + CLUSTER_BUS_OFFSET))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
