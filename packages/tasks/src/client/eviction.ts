// A look at Redis: one that may evict keys loses jobs without a word.
import type { Queue } from 'bullmq';
import type { Logger } from '../define/context.ts';

/** As much of a Redis client as is asked. */
interface RedisInfo {
  info(): Promise<string>;
}

/** Warns when Redis may evict keys. What it cannot find out, it says nothing of.
 * @param queue  of a Redis backend */
export async function warnOfEviction(queue: Queue, logger: Logger): Promise<void> {
  const { client } = queue.getBackend() as { readonly client?: Promise<RedisInfo> };
  const text = await (await client)?.info();
  const policy = /^maxmemory_policy:(\S+)/m.exec(text ?? '')?.[1];
  if (policy === undefined || policy === 'noeviction') return;
  logger.warn(
    { policy },
    'Redis may evict jobs when its memory is full: set maxmemory-policy to noeviction',
  );
}
