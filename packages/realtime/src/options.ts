// Options of the plugin: checked once, complete, frozen.
import {
  bool,
  bytes,
  checkOptions,
  custom,
  duration,
  int,
  list,
  object,
  oneOf,
  refuseRegisterOptions,
  registerOptions,
  string,
} from '@catzilla/common';
import type { OptionSpec, OptionSpecs } from '@catzilla/common';
import type { Bus } from '@catzilla/bus';
import type { SlowRule } from './connection/outbox.ts';
import { errors } from './errors.ts';
import { liveOption } from './live/options.ts';
import type { LiveOptions, LiveSettings } from './live/options.ts';

/** How much of the log this process keeps, to replay. */
export interface HistoryOptions {
  /** Messages of all channels together. Default: 10000. */
  readonly max?: number | undefined;
  /** Bytes of them. Default: 16 MiB. */
  readonly maxBytes?: number | undefined;
}

/** Options of the plugin. */
export interface RealtimeOptions {
  /** Names the log: instances with the same bus and name are one. 1 to 64 letters, digits, `.`, `_`, `-`. Default: 'app'. */
  readonly name?: string | undefined;
  /** Path of the WebSocket, below the prefix of the context; server-sent events are at `<path>/events`. Default: '/realtime'. */
  readonly path?: string | undefined;
  /** What carries messages between instances, of `@catzilla/bus`; not closed. Default: one within the process. */
  readonly bus?: Bus | undefined;
  /** Serves WebSockets. Default: true. */
  readonly websocket?: boolean | undefined;
  /** Serves server-sent events. Default: true. */
  readonly sse?: boolean | undefined;
  /** Pages that may connect by WebSocket: those of the same host, those of these origins (`https://example.com`), or any.
   * Clients that send no `Origin`, which are no browsers, always may. Default: 'same'. */
  readonly origins?: 'same' | '*' | readonly string[] | undefined;
  /** ms between signs of life; a WebSocket that does not answer within 10 s is ended. Default: 30000. */
  readonly heartbeat?: number | undefined;
  /** Connections of this process. Default: 10000. */
  readonly maxConnections?: number | undefined;
  /** Longest data of a message, as JSON, and longest text from a client. Default: 65536. */
  readonly maxMessageBytes?: number | undefined;
  /** Bytes that may wait for one client to read, at least twice `maxMessageBytes`. Default: 1 MiB. */
  readonly maxBufferedBytes?: number | undefined;
  /** What happens to a client above that. 'disconnect': it is ended, and resumes; 'drop-oldest': it loses the oldest, and gets a
   * gap; 'latest': so, but first of each key only the last is kept. Default: 'disconnect'. */
  readonly slow?: SlowRule | undefined;
  /** Channels of one connection. Default: 100. */
  readonly maxChannelsPerConnection?: number | undefined;
  /** What can be replayed. */
  readonly history?: HistoryOptions | undefined;
  /** ms from the start that subscriptions wait for the log to be read; after that those that name a place get a gap. Default: 5000. */
  readonly replayTimeout?: number | undefined;
  /** ms over which clients are sent away when the application closes; those left are cut off. At most 9000, as Fastify gives
   * such a hook 10 s. Default: 2000. */
  readonly closeDelay?: number | undefined;
  /** Tells browsers what the response cache purges: true, or options. Default: false. */
  readonly live?: boolean | LiveOptions | undefined;
  /** Serves the browser client at `<path>/client.js`. Default: true. */
  readonly client?: boolean | undefined;
}

/** Options, complete. */
export interface RealtimeSettings {
  readonly name: string;
  readonly path: string;
  readonly bus: Bus | undefined;
  readonly websocket: boolean;
  readonly sse: boolean;
  readonly origins: 'same' | '*' | readonly string[];
  readonly heartbeat: number;
  readonly maxConnections: number;
  readonly maxMessageBytes: number;
  readonly maxBufferedBytes: number;
  readonly slow: SlowRule;
  readonly maxChannelsPerConnection: number;
  readonly history: { readonly max: number; readonly maxBytes: number };
  readonly replayTimeout: number;
  readonly closeDelay: number;
  readonly live: LiveSettings | false;
  readonly client: boolean;
}

const MIB = 1024 * 1024;

const specs: OptionSpecs<RealtimeSettings> = {
  name: string({
    pattern: /^[\w.-]{1,64}$/,
    what: '1 to 64 letters, digits, dots, underscores or hyphens',
    default: 'app',
  }),
  path: string({
    pattern: /^(\/[\w.~-]+)+$/,
    what: 'a path such as /realtime, without parameters and without a slash at its end',
    default: '/realtime',
  }),
  bus: { check: (value, site) => (value === undefined ? undefined : busSpec.check(value, site)) },
  websocket: bool(true),
  sse: bool(true),
  origins: { check: (value, site) => checkOrigins(value, site) },
  heartbeat: duration({ min: 1_000, max: 600_000, default: 30_000 }),
  maxConnections: int({ min: 1, default: 10_000 }),
  maxMessageBytes: bytes({ min: 64, max: 16 * MIB, default: 65_536 }),
  maxBufferedBytes: bytes({ min: 1_024, default: MIB }),
  slow: oneOf(['disconnect', 'drop-oldest', 'latest'], 'disconnect'),
  maxChannelsPerConnection: int({ min: 1, default: 100 }),
  history: object({
    max: int({ min: 1, max: 10_000_000, default: 10_000 }),
    maxBytes: bytes({ min: 1_024, default: 16 * MIB }),
  }),
  replayTimeout: duration({ allowZero: true, max: 60_000, default: 5_000 }),
  closeDelay: duration({ allowZero: true, max: 9_000, default: 2_000 }),
  live: liveOption,
  client: bool(true),
};

/** @throws CATZ_REALTIME_OPTION */
export function resolveOptions(options: RealtimeOptions): RealtimeSettings {
  const error = (message: string): Error => new errors.OPTION(message);
  const site = { path: 'options', error };
  refuseRegisterOptions(options, 'realtime', 'options.path', site);
  const settings = checkOptions<RealtimeSettings>(options, specs, {
    ...site,
    ignore: registerOptions,
  });
  if (settings.maxBufferedBytes < 2 * settings.maxMessageBytes) {
    throw error(
      `expected options.maxBufferedBytes to be at least twice options.maxMessageBytes, ${2 * settings.maxMessageBytes}, got ${settings.maxBufferedBytes}`,
    );
  }
  return settings;
}

const busSpec: OptionSpec<Bus> = custom('a bus of @catzilla/bus', (value): value is Bus => {
  const bus = value as Partial<Bus> | null;
  return (
    typeof bus === 'object' &&
    bus !== null &&
    [bus.append, bus.subscribe, bus.health].every((method) => typeof method === 'function')
  );
});

const ORIGIN = "'same', '*' or a list of origins such as https://example.com";
const originsSpec: OptionSpec<readonly string[]> = list(
  custom('an origin such as https://example.com', isOrigin),
);

const checkOrigins: OptionSpec<RealtimeSettings['origins']>['check'] = (value, site) => {
  if (value === undefined || value === 'same') return 'same';
  if (value === '*') return '*';
  if (Array.isArray(value)) return originsSpec.check(value, site);
  return custom(ORIGIN, (_given): _given is 'same' => false).check(value, site);
};

function isOrigin(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value;
}
