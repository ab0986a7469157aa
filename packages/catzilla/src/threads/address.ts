// Where an application is to listen: the name looked up, the port free, and how threads share it here.
// Invariant: a port that anybody else listens on is an error, even where SO_REUSEPORT would let us in: two applications on one
// port would answer each other's requests.
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { hasReusePort } from '@catzilla/cache-core/os';

/** How several threads listen on one port:
 * 'socket': each at a SO_REUSEPORT socket that the main thread made, and that outlives it;
 * 'reusePort': each makes its own, by Node's option; 'none': only one thread can. */
export type Sharing = 'socket' | 'reusePort' | 'none';

/** Systems that Node's `reusePort` spreads connections on. */
const SPREADING: ReadonlySet<NodeJS.Platform> = new Set(['linux', 'freebsd', 'sunos', 'aix']);

/** How threads share a port on this system.
 * @param native  whether sockets of the addon are there */
export function sharingOf(
  platform: NodeJS.Platform = process.platform,
  nodeVersion: string = process.versions.node,
  native: boolean = hasReusePort(),
): Sharing {
  if (native && platform === 'linux') return 'socket';
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  // Since 22.12 and 23.1.
  const hasOption = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
  return hasOption && SPREADING.has(platform) ? 'reusePort' : 'none';
}

/** How many threads to start.
 * @param wanted  a number, or 'auto': as many as there are cores for this process */
export function threadCount(wanted: number | 'auto', sharing: Sharing): number {
  if (sharing === 'none') return 1;
  return wanted === 'auto' ? availableParallelism() : wanted;
}

/** The address that a host name stands for: the first one the system gives.
 * @throws what the lookup throws */
export async function addressOf(host: string): Promise<string> {
  return isIP(host) > 0 ? host : (await lookup(host)).address;
}

/** Looks whether nobody listens at an address.
 * @throws what listening there throws: EADDRINUSE, EACCES, EADDRNOTAVAIL */
export async function assertFree(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const server = createServer((socket) => socket.destroy());
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

/** A URL's host and port. */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
