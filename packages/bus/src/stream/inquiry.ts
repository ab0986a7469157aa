// What a reader asks the server about itself and its streams. In a cluster it asks by a script, which its key takes to
// the right node: INFO has no key, and ioredis 5 does not know the one of XINFO.
import type { RedisConnection } from '../redis/connection.ts';
import { readStreamInfo } from './position.ts';
import type { StreamInfo } from './position.ts';

const INFO = "return redis.call('INFO', 'server') .. redis.call('INFO', 'replication')";
const XINFO = "return redis.call('XINFO', 'STREAM', KEYS[1])";

/** Which server answers: its process (run_id, new with each start) and its history (master_replid, new with each failover).
 * @param key  of a stream; in a cluster it decides which server is meant
 * @returns '' where INFO is denied: every server is then taken for the same, and only a shorter stream tells */
export async function identityOf(connection: RedisConnection, key: string): Promise<string> {
  try {
    const info =
      connection.topology === 'cluster'
        ? String(await connection.call('EVAL', INFO, 1, key))
        : String(await connection.call('INFO', 'server')) +
          String(await connection.call('INFO', 'replication'));
    const runId = /^run_id:(\w+)/m.exec(info)?.[1] ?? '';
    const replId = /^master_replid:(\w+)/m.exec(info)?.[1] ?? '';
    return `${runId} ${replId}`;
  } catch (error) {
    if (isDenied(error)) return '';
    throw error;
  }
}

/** @returns undefined: there is no such stream */
export async function infoOf(
  connection: RedisConnection,
  key: string,
): Promise<StreamInfo | undefined> {
  try {
    const reply =
      connection.topology === 'cluster'
        ? await connection.call('EVAL', XINFO, 1, key)
        : await connection.call('XINFO', 'STREAM', key);
    return readStreamInfo(reply);
  } catch (error) {
    if ((error as Error).message.includes('no such key')) return undefined;
    throw error;
  }
}

/** Id of the connection, by which a blocked read is ended; undefined where that is denied. */
export async function clientIdOf(connection: RedisConnection): Promise<number | undefined> {
  try {
    return Number(await connection.call('CLIENT', 'ID'));
  } catch (error) {
    if (isDenied(error)) return undefined;
    throw error;
  }
}

// A script is told of a denied command by an error of its own that quotes it.
function isDenied(error: unknown): boolean {
  return /NOPERM|can't run this command|no permissions/i.test((error as Error).message);
}
