// Lets an application listen where the main thread says, and tells which caches it has.
import type { AddressInfo } from 'node:net';
import { dupFd } from '@catzilla/cache-core/os';
import type { Cache } from '@catzilla/cache-core';
import type { FastifyInstance } from 'fastify';
import type { ListenAt, OpenedCache } from './protocol.ts';

/** Lets it listen.
 * @returns the port
 * @throws what listening throws */
export async function listenAt(app: FastifyInstance, at: ListenAt): Promise<number> {
  const { host } = at;
  if (at.kind === 'socket') {
    // The main thread keeps its own: this one goes with the server. The host is for Fastify alone, which would otherwise take
    // the descriptor for localhost, and make a second server.
    await app.listen({ fd: dupFd(at.fd), host } as { host: string });
  } else {
    const { port, reusePort } = at;
    await app.listen({ host, port, ...(reusePort && { reusePort }) });
  }
  return (app.server.address() as AddressInfo).port;
}

/** What may be there of them. */
interface WithCaches {
  readonly cache?: { readonly tiers?: { readonly memory?: Cache | undefined } };
  readonly tiers?: { readonly memory?: Cache | undefined };
}

/** The caches in memory that have a name, which other threads can open. */
export function openCaches(app: FastifyInstance): readonly OpenedCache[] {
  const { cache, tiers } = app as WithCaches;
  const found = new Map<string, OpenedCache>();
  for (const memory of [cache?.tiers?.memory, tiers?.memory]) {
    if (memory?.name === undefined) continue;
    const { scope, backend } = memory.stats();
    // Of scope 'machine' it outlives the process by itself.
    if (scope === 'machine') continue;
    found.set(memory.name, { name: memory.name, isShared: backend === 'native' });
  }
  return [...found.values()];
}
