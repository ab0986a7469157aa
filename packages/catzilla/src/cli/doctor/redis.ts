// The Redis an application is configured with: whether it answers, its version, and settings that do a cache harm.
// Invariant: only INFO is asked; no key is read or written. No address with a password is shown.
import { connectRedis } from '@catzilla/bus/redis';
import type { RedisOptions, RedisState } from '@catzilla/bus/redis';
import { bytesText } from '../units.ts';
import { findingsOf, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';

const { ok, warn, error } = findingsOf('redis');
/** How long it may take to answer, ms. */
const WAIT = 3_000;
const LEAST_MAJOR = 6;

/** Names of the connection among options of a tier. */
const CONNECTION = ['url', 'node', 'sentinels', 'cluster', 'client', 'connectTimeout'] as const;

/** Connects and looks.
 * @param remote  options of the tier, as the application gave them */
export async function checkRedis(remote: object): Promise<readonly Finding[]> {
  const given = remote as Record<string, unknown>;
  const options = Object.fromEntries(
    CONNECTION.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]),
  ) as RedisOptions;
  let changed: (state: RedisState) => void = () => undefined;
  let connection;
  try {
    connection = connectRedis(options, {
      role: 'commands',
      who: 'the doctor',
      onState: (state) => changed(state),
    });
  } catch (failure) {
    return [error(reasonOf(failure), 'npm install ioredis')];
  }
  let timer: NodeJS.Timeout | undefined;
  try {
    if (connection.state === 'connecting') {
      await new Promise<void>((resolve) => {
        changed = () => resolve();
        timer = setTimeout(resolve, WAIT);
      });
    }
    if (connection.state !== 'ready') {
      const why = connection.lastError ?? `it is ${connection.state}`;
      return [
        error(
          `not reached: ${why}`,
          'Start it, or correct its address or password; the cache serves from memory meanwhile.',
        ),
      ];
    }
    const { topology } = connection;
    if (topology === 'cluster')
      return [ok('reached, a cluster; each node is to be looked at by itself')];
    return judgeInfo(String(await connection.call('INFO')));
  } catch (failure) {
    return [
      warn(
        `reached, but INFO is refused: ${reasonOf(failure)}`,
        'Allow the user INFO, to be told more.',
      ),
    ];
  } finally {
    clearTimeout(timer);
    await connection.close();
  }
}

/** Judges what INFO says. */
export function judgeInfo(info: string): readonly Finding[] {
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const version = field('redis_version') ?? 'unknown';
  const role = field('role') ?? 'master';
  const findings = [
    Number(version.split('.')[0]) >= LEAST_MAJOR
      ? ok(`version ${version}, ${role}`)
      : warn(`version ${version}`, `Take version ${LEAST_MAJOR} or newer.`),
  ];
  if (role !== 'master') {
    findings.push(
      error(
        `it is a ${role}, which takes no writes`,
        'Give the address of the master, or its sentinels.',
      ),
    );
  }
  const max = Number(field('maxmemory') ?? 0);
  const policy = field('maxmemory_policy') ?? 'noeviction';
  if (max === 0) {
    findings.push(
      warn(
        'maxmemory is not set: a cache grows until the machine has no more',
        'Set maxmemory, and maxmemory-policy allkeys-lfu.',
      ),
    );
  } else if (policy === 'noeviction') {
    findings.push(
      warn(
        `maxmemory ${bytesText(max)} with noeviction: writes fail when it is full`,
        'Set maxmemory-policy allkeys-lfu, or volatile-lfu where the server has more than a cache.',
      ),
    );
  } else findings.push(ok(`maxmemory ${bytesText(max)}, ${policy}`));
  if (field('loading') === '1') {
    findings.push(warn('it is loading its data', 'Wait until it has.'));
  }
  return findings;
}
