// Ends connections that a filter means: at once, or those that `authorize` refuses now.
import { bool, checkOptions, fn, oneOf, optional, string } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import type { FastifyBaseLogger } from 'fastify';
import { errors } from '../errors.ts';
import { authorize } from './authorize.ts';
import type { Client } from './client.ts';
import type { ConnectionFilter } from './hub.ts';

// A name that is not known would mean everybody.
const specs: OptionSpecs<ConnectionFilter> = {
  channel: optional(string()),
  where: optional(fn<NonNullable<ConnectionFilter['where']>>()),
  reason: oneOf(['shutdown', 'slow', 'timeout', 'revoked', 'limit', 'protocol'], 'revoked'),
  unlessAuthorized: bool(false),
};

/** @returns how many were ended
 * @throws (rejects) CATZ_REALTIME_OPTION */
export async function disconnect(
  clients: Iterable<Client>,
  filter: ConnectionFilter | undefined,
  logger: FastifyBaseLogger,
): Promise<number> {
  const error = (message: string): Error => new errors.OPTION(message);
  const checked = checkOptions<ConnectionFilter>(filter, specs, { path: 'filter', error });
  const { channel, where, reason = 'revoked', unlessAuthorized } = checked;
  const matching: Client[] = [];
  for (const client of clients) {
    // A promise, which is no answer, would mean everybody, too.
    if (where !== undefined && (where(client.connection.request) as unknown) !== true) continue;
    // What it is asking for may just have been granted by rights that it no longer has.
    client.doubts++;
    if (channel === undefined || client.subscriptions.has(channel)) matching.push(client);
  }
  const isEnded = unlessAuthorized
    ? await Promise.all(matching.map((client) => isRefused(client, channel, logger)))
    : undefined;
  let count = 0;
  for (const [index, { connection, isGone }] of matching.entries()) {
    if (isEnded?.[index] === false || isGone) continue;
    count++;
    connection.close(reason);
  }
  return count;
}

// Whether any of its channels, or the one that is meant, is refused now. To publish is asked for again at the next time.
async function isRefused(
  { connection: { request }, subscriptions }: Client,
  only: string | undefined,
  logger: FastifyBaseLogger,
): Promise<boolean> {
  const asked = [...subscriptions.values()].filter(
    ({ channel }) => only === undefined || channel.name === only,
  );
  const answers = await Promise.allSettled(
    asked.map(async (subscription) => {
      const { match, name } = subscription.channel;
      subscription.mayPublish = false;
      await authorize(match, request, { channel: name, publish: false }, logger);
    }),
  );
  return answers.some(({ status }) => status === 'rejected');
}
