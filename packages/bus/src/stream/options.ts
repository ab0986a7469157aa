// Options of streamBus: checked once, complete, frozen.
import { bytes, checkOptions, duration, int, string } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import { errors } from '../errors.ts';
import { oneRedis, redisSpecs } from '../redis/options.ts';
import type { RedisOptions } from '../redis/options.ts';

/** Options of streamBus; where Redis is, by one of `url`, `node`, `sentinels`, `cluster`, `client`. */
export interface StreamBusOptions extends RedisOptions {
  /** Opens the key of each stream, `<prefix>:{<topic>}`; the buses of one application share it. Default: 'czbus1'. */
  readonly prefix?: string | undefined;
  /** Messages kept per topic, at least; up to some 100 more, as the server trims by whole nodes. Default: 100000. */
  readonly maxLen?: number | undefined;
  /** ms after which an append is given up. Default: 100. */
  readonly deadline?: number | undefined;
  /** ms that a read waits at the server; 2 s after them without an answer the reader connects anew. Default: 5000. */
  readonly block?: number | undefined;
  /** Messages of a topic per read. Default: 512. */
  readonly batch?: number | undefined;
  /** Longest payload. Default: 65536. */
  readonly maxMessageBytes?: number | undefined;
  /** Appends that may wait for the server; more fail at once. Default: 10000. */
  readonly maxInFlight?: number | undefined;
  /** Ids that a subscriber remembers, to deliver what is appended again once. Default: 10000. */
  readonly dedupe?: number | undefined;
}

type Own = Omit<StreamBusOptions, keyof RedisOptions>;

/** The options, complete. */
export interface StreamSettings {
  readonly redis: RedisOptions;
  readonly prefix: string;
  readonly maxLen: number;
  readonly deadline: number;
  readonly block: number;
  readonly batch: number;
  readonly maxMessageBytes: number;
  readonly maxInFlight: number;
  readonly dedupe: number;
}

type Checked = { readonly [K in keyof RedisOptions]-?: RedisOptions[K] | undefined } & {
  readonly [K in keyof Own]-?: NonNullable<Own[K]>;
};

const specs: OptionSpecs<Checked> = {
  ...redisSpecs,
  prefix: string({
    pattern: /^[\x21-\x7a|~]{1,128}$/,
    what: 'a string of 1 to 128 printable ASCII characters without space, "{" and "}"',
    default: 'czbus1',
  }),
  maxLen: int({ min: 1, max: 100_000_000, default: 100_000 }),
  deadline: duration({ min: 1, max: 60_000, default: 100 }),
  block: int({ min: 50, max: 60_000, default: 5_000 }),
  batch: int({ min: 1, max: 10_000, default: 512 }),
  maxMessageBytes: bytes({ min: 1, max: 2 ** 26, default: 65_536 }),
  maxInFlight: int({ min: 1, max: 1_000_000, default: 10_000 }),
  dedupe: int({ min: 1, max: 10_000_000, default: 10_000 }),
};

/** @throws CATZ_BUS_OPTION */
export function settleStream(options: unknown): StreamSettings {
  const site = { path: 'options', error: (message: string) => new errors.OPTION(message) };
  const checked = checkOptions<Checked>(options, specs, site);
  const { prefix, maxLen, deadline, block, batch, maxMessageBytes, maxInFlight, dedupe } = checked;
  const own = { prefix, maxLen, deadline, block, batch, maxMessageBytes, maxInFlight, dedupe };
  return Object.freeze({ redis: oneRedis(checked, site), ...own });
}

/** Key of a topic's stream. The hash tag puts all that belongs to a topic into one slot of a cluster. */
export function keyOf(topic: string, { prefix }: StreamSettings): string {
  return `${prefix}:{${topic}}`;
}
