// Many commands at once, in one round trip per server: a pipeline, and in Cluster one for each node that serves some of
// the keys, since a pipeline over nodes is refused and MGET over slots fails with CROSSSLOT.
// Invariants: results are in order, an Error stands where one command failed, and nothing here rejects; a node that is
// gone costs its own keys only. What a node tells to ask otherwise (MOVED, ASK, NOSCRIPT) is asked again once. Single
// commands go to the driver directly (redis-store.ts).
import { errors } from '../errors.ts';
import type { RedisDriver } from './driver.ts';
import type { Script } from './scripts.ts';
import { slotOf } from './slot.ts';

/** A part of a command. */
export type Arg = string | number | Buffer;

/** One command, or one script of one key. */
export interface Command {
  /** Decides who is asked. */
  readonly key: string;
  /** What follows the key. */
  readonly args: readonly Arg[];
  readonly name: string | Script;
}

/** Most commands of one pipeline or keys of one MGET, and about the most bytes. */
const MAX_COMMANDS = 128;
const MAX_BYTES = 1024 * 1024;
/** ms between two looks for nodes that are gone. */
const REFRESH_INTERVAL = 200;
const lastRefresh = new WeakMap<RedisDriver, number>();

/** Runs commands; each result is the reply, with bytes as Buffers, or an Error. */
export async function runBatch(
  client: RedisDriver,
  commands: readonly Command[],
): Promise<unknown[]> {
  const results = await runOnce(client, commands, false);
  const again = results.flatMap((result, index) => (isWorthAnother(result) ? [index] : []));
  if (again.length === 0) return results;
  // The driver alone knows how to follow a redirection; the others go where they went.
  const [redirected, refused] = split(again, (index) => isRedirection(results[index]));
  const refusedAgain = await runOnce(client, pick(commands, refused), true);
  refused.forEach((index, at) => (results[index] = refusedAgain[at]));
  await Promise.all(
    redirected.map(async (index) => {
      results[index] = await runAlone(client, commands[index]!);
    }),
  );
  return results;
}

/** Runs one script whose keys share a slot; in Cluster the driver follows redirections. Rejects as the driver does. */
export async function runScript(
  client: RedisDriver,
  script: Script,
  keys: readonly string[],
  args: readonly Arg[],
): Promise<unknown> {
  try {
    return await client.call('evalsha', script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!startsWith(error, 'NOSCRIPT')) throw error;
    return client.call('eval', script.source, keys.length, ...keys, ...args);
  }
}

/** The masters: one, or those of the Cluster, in the order of their addresses. */
export function mastersOf(client: RedisDriver): readonly RedisDriver[] {
  if (!client.isCluster) return [client];
  return client.nodes!('master').toSorted((a, b) => (addressOf(a) < addressOf(b) ? -1 : 1));
}

/** A master that serves slots and to which there is no connection, as an error; undefined: all are there. */
export function missingMaster(client: RedisDriver): Error | undefined {
  if (!client.isCluster) return undefined;
  const there = new Set(mastersOf(client).map(addressOf));
  const missing = client.slots?.find(([master]) => master === undefined || !there.has(master));
  return missing && new errors.REMOTE(`without the master ${missing[0]}`);
}

/** Splits into runs of at most 128 items and about 1 MiB. */
export function chunksOf<T>(items: readonly T[], sizeOf: (item: T) => number): T[][] {
  const chunks: T[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    const size = sizeOf(item);
    if (bytes + size > MAX_BYTES || chunks.at(-1)!.length === MAX_COMMANDS) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)!.push(item);
    bytes += size;
  }
  return chunks;
}

/** The results of one kind of reply: Errors stay, the others are read by `read`; rejects when all are Errors.
 * @throws the first Error, when nothing but Errors came */
export function readResults<T>(
  results: readonly unknown[],
  read: (reply: unknown) => T,
): (T | Error)[] {
  if (results.length > 0 && results.every((result) => result instanceof Error)) throw results[0];
  return results.map((result) => (result instanceof Error ? result : read(result)));
}

// With `isRetry` scripts are sent as source: whoever did not know the hash does not know it now.
async function runOnce(
  client: RedisDriver,
  commands: readonly Command[],
  isRetry: boolean,
): Promise<unknown[]> {
  const results: unknown[] = Array.from(commands, () => undefined);
  const pending: Promise<void>[] = [];
  for (const [node, indexes] of byNode(client, commands)) {
    if (node === undefined) {
      for (const index of indexes)
        results[index] = new errors.REMOTE('without a node for the slot');
      continue;
    }
    const sized = (index: number): number => sizeOf(commands[index]!);
    for (const chunk of chunksOf(indexes, sized)) {
      pending.push(runPipeline(node, chunk, commands, results, isRetry));
    }
  }
  await Promise.all(pending);
  return results;
}

async function runPipeline(
  node: RedisDriver,
  indexes: readonly number[],
  commands: readonly Command[],
  results: unknown[],
  isRetry: boolean,
): Promise<void> {
  try {
    const pipeline = node.pipeline();
    for (const index of indexes) pipeline.callBuffer(...wire(commands[index]!, isRetry));
    const replies = (await pipeline.exec()) ?? [];
    indexes.forEach((index, at) => {
      const [error, reply] = replies[at] ?? [new errors.REMOTE('closed')];
      results[index] = error ?? reply;
    });
  } catch (error) {
    for (const index of indexes) results[index] = asError(error);
  }
}

// A pipeline of one: ioredis loses the name of a command that comes by `callBuffer` to a client with auto-pipelining.
async function runAlone(client: RedisDriver, command: Command): Promise<unknown> {
  const results: unknown[] = [];
  await runPipeline(client, [0], [command], results, true);
  return results[0];
}

function wire({ name, key, args }: Command, asSource: boolean): [string, ...Arg[]] {
  if (typeof name === 'string') return [name, key, ...args];
  if (asSource) return ['eval', name.source, 1, key, ...args];
  return ['evalsha', name.sha, 1, key, ...args];
}

// Which node is asked for which commands.
function byNode(
  client: RedisDriver,
  commands: readonly Command[],
): Map<RedisDriver | undefined, number[]> {
  const groups = new Map<RedisDriver | undefined, number[]>();
  if (commands.length === 0) return groups;
  if (!client.isCluster) return groups.set(client, [...commands.keys()]);
  const nodes = new Map(mastersOf(client).map((node) => [addressOf(node), node]));
  for (const [index, { key }] of commands.entries()) {
    const address = client.slots?.[slotOf(key)]?.[0];
    const node = address === undefined ? undefined : nodes.get(address);
    const group = groups.get(node);
    if (group === undefined) groups.set(node, [index]);
    else group.push(index);
  }
  if (groups.has(undefined)) refreshSlots(client);
  return groups;
}

// The driver would learn who took the slots of a node that is gone only by the next redirection.
function refreshSlots(client: RedisDriver): void {
  const now = performance.now();
  if (now - (lastRefresh.get(client) ?? -Infinity) < REFRESH_INTERVAL) return;
  lastRefresh.set(client, now);
  client.refreshSlotsCache?.();
}

function addressOf({ options }: RedisDriver): string {
  return `${options.host ?? ''}:${options.port ?? ''}`;
}

function sizeOf({ args }: Command): number {
  return args.reduce<number>((sum, arg) => sum + (Buffer.isBuffer(arg) ? arg.length : 0), 0);
}

// Not CLUSTERDOWN, which lasts for seconds: an answer for the other keys now is worth more.
function isWorthAnother(result: unknown): boolean {
  return isRedirection(result) || startsWith(result, 'NOSCRIPT');
}

function isRedirection(result: unknown): boolean {
  return startsWith(result, 'MOVED ') || startsWith(result, 'ASK ');
}

function startsWith(result: unknown, code: string): boolean {
  return result instanceof Error && result.message.startsWith(code);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new errors.REMOTE(String(error), { cause: error });
}

function pick<T>(items: readonly T[], indexes: readonly number[]): T[] {
  return indexes.map((index) => items[index]!);
}

function split<T>(items: readonly T[], is: (item: T) => boolean): [T[], T[]] {
  return [items.filter(is), items.filter((item) => !is(item))];
}
