// Random commands of every kind that a worker, a producer and an administrator give, from a seed.
import type { Json } from '../../../../src/embedded/engine/command.ts';
import type { DurableJournal } from '../../../../src/embedded/log/durable-journal.ts';

/** Numbers from 0 to below 1 (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Gives commands to a journal, in two queues; errors of commands are part of the game.
 * @returns once all are answered */
export async function runRandom(
  journal: DurableJournal,
  random: () => number,
  count: number,
): Promise<void> {
  const answers: Promise<unknown>[] = [];
  for (let n = 0; n < count; n++) {
    const queue = { name: random() < 0.8 ? 'a' : 'b', prefix: 'bull' };
    const [name, ...args] = pick(journal, queue.name, random);
    try {
      answers.push(Promise.resolve(journal.run(name, queue, args)).catch(() => undefined));
    } catch {
      // Direct commands throw at once.
    }
    if (random() < 0.1) await Promise.all(answers.splice(0));
    if (random() < 0.02) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(answers);
}

type Call = [name: string, ...args: Json[]];

function pick(journal: DurableJournal, queue: string, random: () => number): Call {
  const int = (below: number): number => Math.floor(random() * below);
  const active = [...(journal.store.queues.get(`bull:${queue}`)?.active.values() ?? [])];
  const held = active[int(active.length)];
  const token = held?.lock?.token ?? 'gone';
  const id = random() < 0.7 && held !== undefined ? held.id : String(1 + int(60));
  const how = {
    token,
    fetchNext: random() < 0.3,
    worker: random() < 0.2 ? { limitMax: 5, limitDuration: 3 } : {},
    ...(random() < 0.3 ? { keepCount: int(4) } : {}),
    ...(random() < 0.2 ? { keepAge: 1 } : {}),
    ...(random() < 0.3 ? { maxDataPoints: 5 } : {}),
  };
  const calls: (() => Call)[] = [
    () => ['addJob', newJob(queue, random)],
    () => ['addJob', newJob(queue, random)],
    () => ['addJob', newJob(queue, random)],
    () => ['addJobs', [newJob(queue, random), newJob(queue, random)]],
    () => ['moveToActive', `t${String(int(9))}`, how.worker],
    () => ['moveToActive', `t${String(int(9))}`, how.worker],
    () => ['moveToCompleted', id, JSON.stringify(int(9)), how],
    () => ['moveToCompleted', id, JSON.stringify(int(9)), how],
    () => ['moveToFailed', id, 'bad', how, { stacktrace: '["at é"]' }],
    () => ['retryJob', id, random() < 0.5, token, {}],
    () => ['moveStalledJobsToWait', [id], 1],
    () => ['changePriority', id, int(4), random() < 0.5],
    () => ['changeDelay', id, int(20)],
    () => ['promote', id],
    () => ['pause', random() < 0.3],
    () => ['setQueueMeta', { concurrency: String(2 + int(9)) }],
    () => ['removeQueueMetaFields', ['concurrency']],
    () => ['setRateLimit', int(5)],
    () => ['removeRateLimitKey'],
    () => ['moveJobFromActiveToWait', id, token],
    () => ['removeDeduplicationKey', `d${String(int(4))}`, id],
  ];
  return (calls[int(calls.length)] as () => Call)();
}

function newJob(queue: string, random: () => number): Json {
  const int = (below: number): number => Math.floor(random() * below);
  const options: Record<string, Json> = { attempts: 1 + int(3) };
  if (random() < 0.4) options['priority'] = 1 + int(3);
  if (random() < 0.3) options['delay'] = int(10);
  if (random() < 0.2) options['lifo'] = true;
  const id = random() < 0.1 ? `own-${String(int(20))}` : undefined;
  const key = random() < 0.2 ? `d${String(int(4))}` : undefined;
  if (key !== undefined) {
    options['deduplication'] = { id: key, ...(random() < 0.5 ? { ttl: int(8) } : {}) };
  }
  return {
    name: 'näme',
    data: JSON.stringify({ queue, value: int(1_000_000), text: 'ü☃'.repeat(int(5)) }),
    options: JSON.stringify(options),
    timestamp: 1_000 + int(1_000),
    ...(id === undefined ? {} : { id }),
    ...(key === undefined ? {} : { deduplicationId: key }),
  };
}
