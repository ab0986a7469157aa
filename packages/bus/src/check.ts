// Checks of what is given with each call: topic, payload, id, options of subscribe. Told by the same sentences on every bus.
import { checkOptions, fn, optional, show, string } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import type { AppendOptions, SubscribeOptions } from './bus.ts';
import { errors } from './errors.ts';

type Checked<T> = { readonly [K in keyof T]-?: T[K] | undefined };

/** @throws CATZ_BUS_TOPIC */
export function checkTopic(topic: unknown): string {
  // A lone surrogate has no UTF-8 form: two such topics would be one.
  const fits =
    typeof topic === 'string' &&
    topic.length >= 1 &&
    topic.length <= 256 &&
    !/\p{Surrogate}/u.test(topic);
  if (fits) return topic;
  throw new errors.TOPIC(show(topic));
}

/** A payload as bytes that nobody else writes to.
 * @throws CATZ_BUS_SIZE */
export function checkPayload(payload: unknown, maxBytes: number): Buffer {
  if (typeof payload !== 'string' && !(payload instanceof Uint8Array)) {
    throw new errors.SIZE(maxBytes, show(payload));
  }
  const bytes = Buffer.from(payload as string);
  if (bytes.length > maxBytes) throw new errors.SIZE(maxBytes, `${bytes.length} bytes`);
  return bytes;
}

/** @returns the id; undefined: none
 * @throws CATZ_BUS_OPTION, CATZ_BUS_ID */
export function checkAppend(options: AppendOptions | undefined): string | undefined {
  if (options === undefined) return undefined;
  const context = { path: 'options', error: (message: string) => new errors.OPTION(message) };
  const { id } = checkOptions<{ readonly id: unknown }>(
    options,
    { id: { check: (value) => value } },
    context,
  );
  if (id === undefined) return undefined;
  if (typeof id === 'string' && /^[\x21-\x7e]{1,64}$/.test(id)) return id;
  throw new errors.ID(show(id));
}

const subscribeSpecs: OptionSpecs<Checked<SubscribeOptions>> = {
  from: optional(string({ minLength: 1, maxLength: 64 })),
  onGap: optional(fn<NonNullable<SubscribeOptions['onGap']>>()),
  onLive: optional(fn<NonNullable<SubscribeOptions['onLive']>>()),
};

/** @throws CATZ_BUS_OPTION */
export function checkSubscribe(
  handler: unknown,
  options: SubscribeOptions | undefined,
): Checked<SubscribeOptions> {
  const error = (message: string): Error => new errors.OPTION(message);
  fn().check(handler, { path: 'handler', error });
  return checkOptions<Checked<SubscribeOptions>>(options, subscribeSpecs, {
    path: 'options',
    error,
  });
}
