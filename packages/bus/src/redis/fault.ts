// Which kind of failure an error of a Redis client is: by the first word of a reply, which the server documents as its
// code, else by who made the error. An error that no connection and no server made is the caller's: 'request'.
// Source: https://redis.io/docs/latest/develop/reference/protocol-spec/ (simple errors), and ioredis' own messages.

/** 'down': the server cannot be reached, does not answer, or is not ready to. 'write': it refuses writes.
 * 'misconfigured': it refuses us. 'request': this one call only. */
export type RedisFault = 'down' | 'write' | 'misconfigured' | 'request';

const BY_CODE: ReadonlyMap<string, RedisFault> = new Map([
  ...['LOADING', 'CLUSTERDOWN', 'MASTERDOWN', 'BUSY', 'UNBLOCKED'].map((c) => [c, 'down'] as const),
  ...['OOM', 'READONLY', 'MISCONF', 'NOREPLICAS'].map((c) => [c, 'write'] as const),
  ...['NOAUTH', 'WRONGPASS', 'NOPERM', 'DENIED'].map((c) => [c, 'misconfigured'] as const),
]);

/** Replies with the code ERR that are about us or the server, not about the command. */
const BY_TEXT: readonly (readonly [RegExp, RedisFault])[] = [
  [/max number of clients/i, 'down'],
  [/invalid password|AUTH|DB index|SELECT is not allowed/i, 'misconfigured'],
];

/** What ioredis rejects with when there is no connection; compared in lower case. */
const OF_DRIVER = [
  'connection is closed',
  'connection is aborted',
  'connection is discarded',
  "stream isn't writeable",
  "cluster isn't ready",
  'cluster is',
  'command timed out',
  'command aborted',
  'failed to refresh slots cache',
  'none of startup nodes',
  'too many cluster redirections',
  'socket timeout',
  'all sentinels are unreachable',
];

/** Classifies what a command rejected with.
 * @param error  of an ioredis client or of `RedisConnection.call` */
export function faultOf(error: unknown): RedisFault {
  if (!(error instanceof Error)) return 'request';
  const { lastNodeError } = error as { lastNodeError?: unknown };
  if (lastNodeError instanceof Error) {
    // A cluster of which no node answered: the last one's own words say more, unless they concern only its command.
    const fault = faultOf(lastNodeError);
    return fault === 'request' ? 'down' : fault;
  }
  if (error.name === 'ReplyError') return faultOfReply(error.message);
  if (error.name === 'MaxRetriesPerRequestError' || error.name === 'AbortError') return 'down';
  if (error.name === 'ParserError') return 'down';
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== undefined || /^E[A-Z]+$/.test(code ?? '')) return 'down';
  if (code === 'CATZ_BUS_NOT_READY') return 'down';
  const text = error.message.toLowerCase();
  return OF_DRIVER.some((start) => text.startsWith(start)) ? 'down' : 'request';
}

function faultOfReply(message: string): RedisFault {
  const code = message.split(' ', 1)[0] ?? '';
  const known = BY_CODE.get(code);
  if (known !== undefined) return known;
  if (code !== 'ERR') return 'request';
  return BY_TEXT.find(([pattern]) => pattern.test(message))?.[1] ?? 'request';
}
