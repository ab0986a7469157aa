// Walking over the keys of a server by SCAN, page by page: Redis answers others between two pages. Never KEYS, never
// FLUSHDB, and never a key that is not below our prefix.
// Invariant: a key that is there from beginning to end comes at least once (documentation of SCAN); in Cluster one whose
// slot moves meanwhile may be missed.
import { mastersOf, missingMaster, readResults, runBatch, runScript } from './batch.ts';
import type { Arg } from './batch.ts';
import type { RedisDriver } from './driver.ts';
import { SWEEP } from './scripts.ts';

/** Keys that Redis looks at for one page. */
const COUNT = 500;

/** Keys of all masters that match a glob, by pages, none of them empty.
 * @throws when the keys of a master could not be had, after the others' */
export async function* scanPages(client: RedisDriver, pattern: string): AsyncGenerator<string[]> {
  const missing = missingMaster(client);
  for (const node of mastersOf(client)) yield* pagesOf(node, pattern);
  if (missing !== undefined) throw missing;
}

/** Removes the values that match a glob and are older than a stamp; a master that fails does not keep the others.
 * @returns how many
 * @throws what the first master that failed said, or that one is not there, when all others are done */
export async function sweepAll(
  client: RedisDriver,
  pattern: string,
  args: readonly Arg[],
): Promise<number> {
  const { isCluster } = client;
  const missing = missingMaster(client);
  const sweeps = await Promise.allSettled(
    mastersOf(client).map(async (node) => {
      let removed = 0;
      for await (const page of pagesOf(node, pattern)) {
        if (isCluster) removed += await sweepApart(client, page, args);
        else removed += Number(await runScript(node, SWEEP, page, args));
      }
      return removed;
    }),
  );
  const failed = sweeps.find((sweep) => sweep.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  if (missing !== undefined) throw missing;
  return sweeps.reduce((sum, sweep) => sum + (sweep.status === 'fulfilled' ? sweep.value : 0), 0);
}

// In Cluster the keys of a page have slots of their own, which one script may not span.
async function sweepApart(
  client: RedisDriver,
  page: readonly string[],
  args: readonly Arg[],
): Promise<number> {
  const commands = page.map((key) => ({ name: SWEEP, key, args }));
  const counts = readResults(await runBatch(client, commands), Number);
  const failed = counts.find((count) => count instanceof Error);
  if (failed !== undefined) throw failed;
  return counts.reduce<number>((sum, count) => sum + Number(count), 0);
}

async function* pagesOf(node: RedisDriver, pattern: string): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    const reply = await node.call('scan', cursor, 'MATCH', pattern, 'COUNT', COUNT);
    const [next, page] = reply as [string, string[]];
    if (page.length > 0) yield page;
    cursor = next;
  } while (cursor !== '0');
}
