// One answer of a program whose application runs in several threads.
// Invariant: what is counted in each thread is added up, what all share is told once; a purge is done in each, for caches that
// threads have for themselves. A thread that gives no answer is an error, not a smaller number.
import type { CacheStatsAnswer, PurgeAnswer, PurgeArgs } from './commands.ts';
import type { ControlHandler } from './protocol.ts';

/** The line to one thread. */
export type Ask = (command: string, args: unknown) => Promise<unknown>;

/** Makes the handler of a program.
 * @param info     what `info` answers: plain data
 * @param threads  those that serve now; at least one
 * @throws (rejects) what the threads throw */
export function gatherControl(info: () => object, threads: () => readonly Ask[]): ControlHandler {
  return async (command, args) => {
    if (command === 'info') return info();
    const asks = threads();
    const [first] = asks;
    if (first === undefined) throw new Error('no thread serves now');
    const merge = Object.hasOwn(MERGES, command) ? MERGES[command] : undefined;
    if (merge === undefined) return first(command, args);
    const answers = [];
    // One after the other: what one has removed, the next does not count.
    for (const ask of asks) answers.push(await ask(command, args));
    return merge(answers, args);
  };
}

const MERGES: Readonly<Record<string, (answers: readonly unknown[], args: unknown) => unknown>> = {
  'cache.stats': (answers) => mergeStats(answers as readonly CacheStatsAnswer[]),
  'cache.purge': (answers, args) =>
    mergePurges(
      answers as readonly PurgeAnswer[],
      (args as Partial<PurgeArgs> | undefined)?.soft === true,
    ),
};

// What one has removed the next does not find any more; what one has made stale, it does.
function mergePurges(answers: readonly PurgeAnswer[], isSoft: boolean): PurgeAnswer {
  const counts = answers.map(({ purged }) => purged);
  return {
    purged: isSoft ? Math.max(...counts) : counts.reduce((sum, count) => sum + count, 0),
    ok: answers.every(({ ok }) => ok),
  };
}

function mergeStats(answers: readonly CacheStatsAnswer[]): CacheStatsAnswer {
  const [first] = answers as [CacheStatsAnswer];
  if (answers.length === 1) return first;
  const routes = new Map<string, unknown>();
  for (const { routes: own } of answers) {
    for (const route of own) {
      const name = `${route.method} ${route.url}`;
      routes.set(name, add(routes.get(name), route));
    }
  }
  const worst = answers.find(({ health }) => !health.ok) ?? first;
  return {
    http: answers.map(({ http }) => http).reduce((a, b) => add(a, b) as typeof a),
    routes: [...routes.values()] as unknown as CacheStatsAnswer['routes'],
    health: worst.health,
    // Each has its own, where they cannot share.
    engine: answers.every(({ engine }) => engine?.shared === true)
      ? first.engine
      : answers.map(({ engine }) => engine).reduce((a, b) => add(a, b) as typeof a),
  };
}

/** Adds numbers at the same place; of anything else the first stays. */
function add(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (!isRecord(a) || !isRecord(b)) return a ?? b;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, add(a[name], b[name])]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
