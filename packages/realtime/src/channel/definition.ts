// What holds for the channels of a pattern: who may subscribe and publish, what data is right, who is shown as present.
// Invariant: without `authorize` a channel is open to everybody only where it says so itself.
import { bool, checkOptions, custom, fn, optional } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import type { FastifyRequest } from 'fastify';
import { errors } from '../errors.ts';
import { parsePattern } from './pattern.ts';
import type { ChannelParams, ChannelPattern } from './pattern.ts';

/** What `authorize` is asked for. */
export interface ChannelAccess {
  /** The name of the channel. */
  readonly channel: string;
  /** Whether the client wants to publish; else to subscribe. */
  readonly publish: boolean;
}

/** Decides whether a client may use a channel: only `true` lets it in. What throws, or takes longer than 10 s, says no.
 * @param request  the one that the connection came by: cookies, headers, what hooks put there
 * @param params   of the pattern, as they stand in the name: a client chooses them */
export type Authorize<Params = Readonly<Record<string, string>>> = (
  request: FastifyRequest,
  params: Params,
  access: ChannelAccess,
) => boolean | Promise<boolean>;

interface CommonOptions {
  /** Whether clients may publish, where `authorize` lets them. Default: false. */
  readonly publish?: boolean | undefined;
  /** Whether data from clients is right: true, or what is wrong with it, which the client is told; wants `publish`. Default: all JSON
   * is. */
  readonly validate?: ((data: unknown) => true | string) | undefined;
  /** Shows who is there: true, or what to tell of each, at once, as JSON of at most 2048 bytes. Default: false. */
  readonly presence?: boolean | ((request: FastifyRequest) => unknown) | undefined;
}

/** Options of the channels of a pattern. */
export type ChannelOptions<Params = Readonly<Record<string, string>>> = CommonOptions &
  (
    | {
        /** Who may subscribe and publish. */
        readonly authorize: Authorize<Params>;
        readonly public?: false | undefined;
      }
    | {
        /** Everybody may subscribe, and publish where `publish` is set, unless there is an `authorize`. */
        readonly public: true;
        readonly authorize?: Authorize<Params> | undefined;
      }
  );

/** Options of the channels of one pattern, by its text. */
export type ChannelOptionsOf<P extends string> = ChannelOptions<ChannelParams<P>>;

/** A pattern with its rules, checked. */
export interface ChannelDefinition {
  readonly pattern: ChannelPattern;
  /** undefined: everybody may. */
  readonly authorize: Authorize | undefined;
  readonly publish: boolean;
  readonly validate: ((data: unknown) => true | string) | undefined;
  readonly presence: boolean | ((request: FastifyRequest) => unknown);
}

interface Checked {
  readonly authorize: Authorize | undefined;
  readonly public: boolean;
  readonly publish: boolean;
  readonly validate: ((data: unknown) => true | string) | undefined;
  readonly presence: boolean | ((request: FastifyRequest) => unknown);
}

const specs: OptionSpecs<Checked> = {
  authorize: optional(fn<Authorize>()),
  public: bool(false),
  publish: bool(false),
  validate: optional(fn<(data: unknown) => true | string>()),
  presence: custom(
    'true, false or a function',
    (value): value is Checked['presence'] =>
      typeof value === 'boolean' || typeof value === 'function',
    false,
  ),
};

/** @throws CATZ_REALTIME_CHANNEL_NAME, CATZ_REALTIME_OPTION */
export function defineChannel(text: string, options: ChannelOptions): ChannelDefinition {
  const pattern = parsePattern(text);
  const error = (message: string): Error => new errors.OPTION(message);
  const { public: isPublic, ...rules } = checkOptions<Checked>(options, specs, {
    path: 'options',
    error,
  });
  if (rules.authorize === undefined && !isPublic) {
    throw error(
      `expected options.authorize of the channel ${text} to be a function, or options.public to be true, got neither`,
    );
  }
  if (rules.validate !== undefined && !rules.publish) {
    throw error(
      `expected options.publish of the channel ${text} to be true where options.validate is given, got false: it holds what clients publish`,
    );
  }
  return { pattern, ...rules };
}
