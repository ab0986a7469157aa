// Ends connections that a filter means: at once, or those that `authorize` refuses now.
import type { FastifyBaseLogger } from 'fastify';
import { authorize } from './authorize.ts';
import type { Client } from './client.ts';
import type { ConnectionFilter } from './hub.ts';

/** @returns how many were ended */
export async function disconnect(
  clients: Iterable<Client>,
  { channel, where, reason = 'revoked', unlessAuthorized = false }: ConnectionFilter,
  logger: FastifyBaseLogger,
): Promise<number> {
  const matching = [...clients].filter(
    ({ connection, subscriptions }) =>
      (channel === undefined || subscriptions.has(channel)) &&
      (where === undefined || where(connection.request)),
  );
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
