// Public API of @catzilla/realtime.
export type {
  Authorize,
  ChannelAccess,
  ChannelOptions,
  ChannelOptionsOf,
} from './channel/definition.ts';
export type { ChannelParams } from './channel/pattern.ts';
export type { CloseReason, Connection } from './connection/connection.ts';
export type { SlowRule } from './connection/outbox.ts';
export { errors } from './errors.ts';
export type { RealtimeHealth } from './health.ts';
export type { ConnectionFilter, PresentMember } from './hub/hub.ts';
export type { LiveOptions } from './live/options.ts';
export type { HistoryOptions, RealtimeOptions } from './options.ts';
export { realtime, realtime as default } from './plugin.ts';
export type { PublishOptions, Realtime } from './plugin.ts';
export type { RealtimeStats } from './stats.ts';
// By decorate.ts, which declares what replies have: users of the package would not see it otherwise.
export type { EventItem, Items, StreamSource } from './stream/decorate.ts';
