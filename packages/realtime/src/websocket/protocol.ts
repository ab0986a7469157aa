// The messages of a WebSocket: JSON texts, each an object with a `type`. What clients may say is read here, and what the server
// says is written.
// Invariant: what `readRequest` gives has the shape of its type, whatever came; its `data` is JSON that names no prototype.
// What it means, and who may say it, is the session's and the hub's.
import type { DeliveryFields } from '../delivery.ts';
import { errors } from '../errors.ts';
import type { PresentMember, Subscribed } from '../hub/hub.ts';
import { textFrame } from './frame.ts';

/** What a client asks, by `type`. `ref` comes back in the answer. */
export type ClientRequest =
  | {
      readonly type: 'subscribe';
      readonly channels: readonly string[];
      readonly after: string | undefined;
      readonly ref: Ref;
    }
  | { readonly type: 'unsubscribe'; readonly channels: readonly string[]; readonly ref: Ref }
  | {
      readonly type: 'publish';
      readonly channel: string;
      readonly data: unknown;
      readonly event: string | undefined;
      readonly key: string | undefined;
      readonly ref: Ref;
    }
  | { readonly type: 'ping'; readonly ref: Ref };

/** The client's own mark of a request. */
export type Ref = string | number | undefined;

/** Longest texts of a request besides its data, in UTF-16 units. */
const LONGEST = { ref: 64, event: 256, key: 256, after: 1024 };
/** More channels in one request than any connection may have. */
const MOST_CHANNELS = 1000;
/** A name that could reach a prototype where what holds it is copied, in any way JSON can spell it. */
const SUSPICIOUS = /"(?:_|\\u005f){2}proto|"constructor"|\\u00/i;

/** Reads a message of a client.
 * @throws CATZ_REALTIME_MESSAGE, with `ref` of the message where it has one */
export function readRequest(text: string): ClientRequest {
  const message = parse(text);
  const ref = readRef(message['ref']);
  const { type } = message;
  switch (type) {
    case 'subscribe': {
      const after = readText(message, 'after', ref);
      return { type, channels: readChannels(message, ref), after, ref };
    }
    case 'unsubscribe':
      return { type, channels: readChannels(message, ref), ref };
    case 'publish': {
      const { channel, data } = message;
      if (typeof channel !== 'string') throw refused('channel to be a string', ref);
      if (data === undefined) throw refused('data to be there: null says nothing', ref);
      const [event, key] = [readText(message, 'event', ref), readText(message, 'key', ref)];
      return { type, channel, data, event, key, ref };
    }
    case 'ping':
      return { type, ref };
    default:
      throw refused('type to be subscribe, unsubscribe, publish or ping', ref);
  }
}

/** The mark of the request that an error is about, where `readRequest` could read one. */
export function refOf(error: unknown): Ref {
  return refs.get(error as object);
}

/** The frame of a delivery. HOT: benchmarks/realtime */
export function encodeDelivery({ kind, channel, id, event, data }: DeliveryFields): Buffer {
  let text = `{"type":"${kind}","channel":${JSON.stringify(channel)}`;
  if (id !== undefined) text += `,"id":${JSON.stringify(id)}`;
  if (event !== undefined) text += `,"event":${JSON.stringify(event)}`;
  if (kind !== 'gap') text += `,"data":${data}`;
  return textFrame(`${text}}`);
}

/** The frames that answer. */
export const answers = {
  subscribed(channels: readonly string[], got: readonly Subscribed[], ref: Ref): Buffer {
    const list = got.map(({ id, gap, members }, at) => ({
      channel: channels[at],
      id,
      gap,
      members: members?.map(({ id: member, data }: PresentMember) => ({ id: member, data })),
    }));
    return frameOf({ type: 'subscribed', channels: list, ref });
  },
  unsubscribed(channels: readonly string[], ref: Ref): Buffer {
    return frameOf({ type: 'unsubscribed', channels, ref });
  },
  published(id: string | undefined, ref: Ref): Buffer {
    return frameOf({ type: 'published', id, ref });
  },
  error(code: string, message: string, ref: Ref): Buffer {
    return frameOf({ type: 'error', code, message, ref });
  },
  /** @param id  the place up to which the client has got everything */
  pong(id: string | undefined, ref: Ref): Buffer {
    return frameOf({ type: 'pong', id, ref });
  },
  /** @param retry  ms after which the client may come back */
  closing(retry: number): Buffer {
    return frameOf({ type: 'closing', retry });
  },
} as const;

type Message = Readonly<Record<string, unknown>>;

const refs = new WeakMap<object, Ref>();

function frameOf(message: object): Buffer {
  return textFrame(JSON.stringify(message));
}

function parse(text: string): Message {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (cause) {
    throw new errors.MESSAGE('JSON', { cause });
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    throw new errors.MESSAGE('an object');
  }
  if (SUSPICIOUS.test(text) && reachesPrototype(message)) {
    throw new errors.MESSAGE('no property that names a prototype');
  }
  return message as Message;
}

// JSON.parse makes them properties like any other; code that copies such an object need not.
function reachesPrototype(value: unknown): boolean {
  const left: unknown[] = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one !== 'object' || one === null) continue;
    if (Object.hasOwn(one, '__proto__')) return true;
    const made: unknown = Object.hasOwn(one, 'constructor')
      ? (one as Message)['constructor']
      : undefined;
    if (typeof made === 'object' && made !== null && Object.hasOwn(made, 'prototype')) return true;
    for (const item of Object.values(one)) left.push(item);
  }
  return false;
}

function readRef(value: unknown): Ref {
  if (value === undefined || typeof value === 'number') return value;
  if (typeof value === 'string' && value.length <= LONGEST.ref) return value;
  throw new errors.MESSAGE(`ref to be a number, or a string of at most ${LONGEST.ref} characters`);
}

// One as `channel`, or several as `channels`.
function readChannels({ channel, channels = [channel] }: Message, ref: Ref): readonly string[] {
  const isList = Array.isArray(channels) && channels.length > 0;
  if (!isList || !channels.every((one) => typeof one === 'string')) {
    throw refused('channel to be a string, or channels a list of them', ref);
  }
  if (channels.length > MOST_CHANNELS) throw refused(`at most ${MOST_CHANNELS} channels`, ref);
  return [...new Set<string>(channels)];
}

function readText(message: Message, name: 'after' | 'event' | 'key', ref: Ref): string | undefined {
  const value = message[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.length <= LONGEST[name]) return value;
  throw refused(`${name} to be a string of at most ${LONGEST[name]} characters`, ref);
}

function refused(what: string, ref: Ref): Error {
  const error = new errors.MESSAGE(what);
  refs.set(error, ref);
  return error;
}
