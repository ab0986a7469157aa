// What a message of the log says to one channel.
// Invariant: a client learns of what its own channel names, and of nothing else that the message holds.
import type { DeliveryFields } from '../delivery.ts';
import { hear } from './message.ts';
import { topicOf } from './names.ts';

/** What goes out to a channel: kind 'invalidated', with data `{ tags: [tag], at }`, `{ urls: [path], at }` or, where everything
 * was invalidated, `{ all: true, at }`; undefined: the message is not about it. Of several that a slow client has not read
 * yet the last says all. */
export type Projected = Pick<DeliveryFields, 'kind' | 'data' | 'key' | 'event'>;

/** @param data  the message of the log, parsed */
export function project(data: unknown, channel: string): Projected | undefined {
  const topic = topicOf(channel);
  if (topic === undefined) return undefined;
  const { at, isAll, hasTag, hasUrl } = hear(data);
  const { kind, name } = topic;
  if (!(kind === 'tag' ? hasTag(name) : hasUrl(name))) return undefined;
  const named = kind === 'tag' ? { tags: [name] } : { urls: [name] };
  const told = { ...(isAll ? { all: true } : named), at };
  return { kind: 'invalidated', event: undefined, data: JSON.stringify(told), key: channel };
}
