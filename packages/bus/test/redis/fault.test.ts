import { describe, expect, it } from 'vitest';
import { errors } from '../../src/index.ts';
import { faultOf } from '../../src/redis/index.ts';

function named(name: string, message: string, more: object = {}): Error {
  const error = new Error(message);
  Object.defineProperty(error, 'name', { value: name });
  return Object.assign(error, more);
}

const reply = (message: string): Error => named('ReplyError', message);

const cases: Readonly<Record<string, readonly unknown[]>> = {
  write: [
    reply("OOM command not allowed when used memory > 'maxmemory'."),
    reply("READONLY You can't write against a read only replica."),
    reply('MISCONF Redis is configured to save RDB snapshots, but it is unable to persist'),
    reply('NOREPLICAS Not enough good replicas to write.'),
  ],
  misconfigured: [
    reply('NOAUTH Authentication required.'),
    reply('WRONGPASS invalid username-password pair or user is disabled.'),
    reply("NOPERM this user has no permissions to run the 'get' command"),
    reply('DENIED Redis is running in protected mode'),
    reply('ERR invalid password'),
    reply('ERR DB index is out of range'),
    reply('ERR SELECT is not allowed in cluster mode'),
    named('ClusterAllFailedError', 'Failed to refresh slots cache.', {
      lastNodeError: reply('NOAUTH Authentication required.'),
    }),
  ],
  down: [
    reply('LOADING Redis is loading the dataset in memory'),
    reply('CLUSTERDOWN The cluster is down'),
    reply('MASTERDOWN Link with MASTER is down'),
    reply('ERR max number of clients reached'),
    named('MaxRetriesPerRequestError', 'Reached the max retries per request limit'),
    named('AbortError', 'Command aborted due to connection close'),
    named('ParserError', 'Protocol error'),
    named('ClusterAllFailedError', 'Failed to refresh slots cache.', {
      lastNodeError: reply('ERR something'),
    }),
    Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
    }),
    Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }),
    new Error('Connection is closed.'),
    new Error("Stream isn't writeable and enableOfflineQueue options is false"),
    new Error("Cluster isn't ready and enableOfflineQueue options is false"),
    new Error('Too many Cluster redirections. Last error: ReplyError: MOVED 1 h:1'),
    new Error('Command timed out'),
    new Error('All sentinels are unreachable. Retrying from scratch after 50ms.'),
    new errors.NOT_READY('down'),
  ],
  request: [
    reply('WRONGTYPE Operation against a key holding the wrong kind of value'),
    reply('ERR syntax error'),
    new TypeError('x is not a function'),
    'text',
    undefined,
  ],
};

for (const [fault, list] of Object.entries(cases)) {
  describe(fault, () => {
    for (const error of list) {
      it(`is ${String(error).slice(0, 60)}`, () => {
        expect(faultOf(error)).toBe(fault);
      });
    }
  });
}
