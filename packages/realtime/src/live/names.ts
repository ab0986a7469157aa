// Names of the channels of live invalidation: `cache/tag/<tag>` and `cache/url/<path with query>`, what is named
// percent-encoded as encodeURIComponent does it.
// Invariant: one tag or URL may be written in more than one way, and each reads back as the same.

/** The channel of the log on which invalidations go among the instances. No client can have it. */
export const SOURCE = 'cache';

/** What the channels of invalidation begin with. */
export const PREFIX = 'cache/';

/** Longest name of a channel. */
const MAX_NAME = 256;
/** Names whose reading is remembered. */
const REMEMBERED = 20_000;

/** What a channel is about. */
export interface Topic {
  readonly kind: 'tag' | 'url';
  /** The tag as browsers know it, or the path with query as they ask for it. */
  readonly name: string;
}

/** The channel of a tag or URL; undefined: it is too long, or no well-formed text, so that nobody can have it. */
export function channelOf(kind: Topic['kind'], name: string): string | undefined {
  if (name === '') return undefined;
  try {
    const channel = `${PREFIX}${kind}/${encodeURIComponent(name)}`;
    return channel.length > MAX_NAME ? undefined : channel;
  } catch {
    return undefined; // half of a surrogate pair
  }
}

const known = new Map<string, Topic | undefined>();

/** What a channel is about; undefined: it is none of these channels, or malformed. HOT: benchmarks/realtime */
export function topicOf(channel: string): Topic | undefined {
  const topic = known.get(channel);
  if (topic !== undefined || known.has(channel)) return topic;
  if (known.size >= REMEMBERED) known.clear();
  const read = readTopic(channel);
  known.set(channel, read);
  return read;
}

function readTopic(channel: string): Topic | undefined {
  const [, kind, text] = /^cache\/(tag|url)\/([^/]+)$/.exec(channel) ?? [];
  if (text === undefined) return undefined;
  try {
    const name = decodeURIComponent(text);
    if (kind === 'tag') return { kind, name };
    return name.startsWith('/') ? { kind: 'url', name } : undefined;
  } catch {
    return undefined; // not percent-encoded
  }
}
