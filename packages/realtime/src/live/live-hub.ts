// What live invalidation needs of the hub.
import type { ChannelOptions } from '../channel/definition.ts';
import type { Projected } from './project.ts';

/** The part of the hub that is used here. */
export interface LiveHub {
  /** Place of the newest message; undefined: the log has not been reached yet. */
  readonly position: string | undefined;
  /** Defines the channels of a pattern. */
  define(pattern: string, options: ChannelOptions): void;
  /** Has the messages of a channel of the log fan out to the channels that somebody has and whose names begin with `prefix`. */
  project(projection: {
    readonly source: string;
    readonly prefix: string;
    project(data: unknown, channel: string): Projected | undefined;
  }): void;
  /** Publishes on a channel of the log that no client can have. */
  publishOn(source: string, data: unknown): Promise<string | undefined>;
}
