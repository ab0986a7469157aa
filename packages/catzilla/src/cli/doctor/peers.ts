// Packages that are installed only by those who need them.
import { createRequire } from 'node:module';
import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';

const PEERS = {
  ioredis: 'a cache shared by several instances needs it',
  'pino-pretty': 'catzilla dev prints logs with it',
  tsx: 'catzilla dev runs TypeScript with it, where Node does not by itself',
} as const;

/** A package that may be installed. */
export type Peer = keyof typeof PEERS;

/** Where a package is, from a file; undefined where it is not. Looks at the application first, then beside this package.
 * @param file  absolute path */
export function findPeer(peer: Peer, file: string): string | undefined {
  for (const from of [file, import.meta.url]) {
    try {
      return createRequire(from).resolve(peer);
    } catch {
      continue; // the next may have it
    }
  }
  return undefined;
}

/** Which are there. */
export function checkPeers(
  file: string,
  needed: ReadonlySet<Peer>,
  find: typeof findPeer = findPeer,
): readonly Finding[] {
  const { ok, error } = findingsOf('packages');
  return (Object.keys(PEERS) as Peer[]).map((peer) => {
    if (find(peer, file) !== undefined) return ok(`${peer} is installed`);
    const text = `${peer} is not installed: ${PEERS[peer]}`;
    return needed.has(peer) ? error(text, `npm install ${peer}`) : ok(text);
  });
}
