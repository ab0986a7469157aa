// The client for browsers: one WebSocket that comes back by itself, and goes on where it was. One file without imports, for it
// is served as it is.
// Invariant: what a channel had is given to its listeners in order and once, or a gap is told; that holds over reconnects, for
// each channel knows the place in the log up to which it has everything. Where no more is known than what is missed, it is
// asked for again: never skipped.

/** What this needs of a WebSocket: that of browsers, of Node 22 and of the package ws have it. */
export interface SocketLike {
  send(text: string): void;
  close(code?: number): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
}

/** Options of connect. */
export interface ConnectOptions {
  /** Place in the log from which on channels are wanted that name no other: where the page was rendered. null: as undefined. Default: now. */
  readonly after?: string | null | undefined;
  /** Default: the global one. */
  readonly WebSocket?: (new (url: string) => SocketLike) | undefined;
}

/** 'connecting': for the first time or again; 'open'; 'waiting': for the next attempt; 'closed': by `close()`, or because the
 * server will not have this client (codes 1008 and 4403). */
export type ClientState = 'connecting' | 'open' | 'waiting' | 'closed';

/** What came with a message. */
export interface MessageInfo {
  readonly channel: string;
  /** Place in the log; undefined while the server cannot reach it. */
  readonly id: string | undefined;
  /** As it was published. */
  readonly event: string | undefined;
}

/** Who is in a channel: as @catzilla/realtime has it. */
export interface ClientMember {
  readonly id: string;
  readonly data: unknown;
}

/** Options of one subscription. The place is that of the first who subscribes to the channel. */
export interface SubscribeOptions {
  /** What came after this place is given first. Default: `after` of connect. */
  readonly after?: string | null | undefined;
  /** Messages may be missing: fetch anew what they built. */
  readonly onGap?: (() => void) | undefined;
  /** 'here': all that are there, after each connect; 'join' and 'leave': one. */
  readonly onPresence?:
    ((event: 'here' | 'join' | 'leave', members: readonly ClientMember[]) => void) | undefined;
}

/** What was invalidated, or that something may have been: after a gap. */
export type Invalidation =
  | {
      readonly tags?: readonly string[];
      readonly urls?: readonly string[];
      readonly all?: true;
      /** ms since the epoch, by the clock of the server. */
      readonly at: number;
    }
  | { readonly gap: true };

/** An error that the server told. */
export interface ClientError extends Error {
  /** `CATZ_REALTIME_…`. */
  readonly code?: string | undefined;
  readonly channel?: string | undefined;
}

/** A connection. */
export interface RealtimeClient {
  readonly state: ClientState;
  /** Hears of the messages of a channel.
   * @returns what ends it; the channel is left with its last listener */
  subscribe(
    channel: string,
    listener: (data: unknown, info: MessageInfo) => void,
    options?: SubscribeOptions,
  ): () => void;
  /** Publishes, where the channel lets clients.
   * @returns its place in the log; rejects when it is refused, or the connection is not open or is lost before the answer */
  publish(
    channel: string,
    data: unknown,
    options?: { readonly event?: string | undefined; readonly key?: string | undefined },
  ): Promise<string | undefined>;
  /** Hears that cached responses are no longer valid: of a tag that the server shows, or of a URL.
   * @returns what ends it */
  onInvalidate(
    what: string | { readonly url: string },
    listener: (what: Invalidation) => void,
  ): () => void;
  /** Hears of gaps of all channels. @returns what ends it */
  onGap(listener: (channel: string) => void): () => void;
  /** Hears of changes of `state`. @returns what ends it */
  onState(listener: (state: ClientState) => void): () => void;
  /** Hears of channels that the server refused. Without a listener it is reported as an error of the page. @returns what ends it */
  onError(listener: (error: ClientError) => void): () => void;
  /** Ends it for good. */
  close(): void;
}

/** What a server says. */
interface ServerMessage {
  readonly type: string;
  readonly channel: string;
  readonly channels: readonly { readonly id?: string; readonly members?: ClientMember[] }[];
  readonly id?: string;
  readonly event?: string;
  readonly data: unknown;
  readonly ref?: number;
  readonly code: string;
  readonly message: string;
  readonly retry: number;
}

/** Who hears of a channel. */
interface Listener {
  readonly hear: (data: unknown, info: MessageInfo) => void;
  readonly options: SubscribeOptions;
}

/** A channel that is wanted. */
interface Channel {
  readonly name: string;
  /** Replaced, never changed, so that listeners may come and go while they hear. */
  listeners: readonly Listener[];
  /** What follows this is wanted. */
  after: string | undefined;
  /** Of the request that subscribes it; 0: none, or it was refused. */
  ref: number;
  /** It has had what was to be replayed: all that comes is in the order of the log. */
  isLive: boolean;
}

/** The little of a page that is used; in Node most of it is not there. */
interface Page {
  readonly location?: { readonly href: string };
  readonly WebSocket?: new (url: string) => SocketLike;
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
  reportError?(error: unknown): void;
}

/** ms: the first attempt to come back is made within it, each further one within twice as long, up to LONGEST. */
const FIRST = 500;
const LONGEST = 30_000;
/** ms of silence after which the server is asked for a sign of life, or an attempt to connect is given up. */
const QUIET = 25_000;
/** ms that it has for it. */
const PATIENCE = 10_000;

/** Connects to the live channels of a server, and comes back whenever the connection is lost.
 * @param url  of the plugin, as a page would link to it. Default: `/realtime`
 * @throws TypeError where there is no WebSocket, or the URL is none
 * @example
 * const live = connect('/realtime', { after: response.headers.get('x-catzilla-stream') });
 * live.onInvalidate('public:products', () => refetch()); */
export function connect(url = '/realtime', options: ConnectOptions = {}): RealtimeClient {
  const page = globalThis as unknown as Page;
  const Socket = options.WebSocket ?? page.WebSocket;
  if (Socket === undefined)
    throw new TypeError('expected options.WebSocket, for there is no global one');
  const address = new URL(url, page.location?.href);
  address.protocol = address.protocol.replace('http', 'ws');

  const channels = new Map<string, Channel>();
  /** Channels that were left, by the request: what still comes of them is not for who subscribes anew. */
  const left = new Map<string, number>();
  const published = new Map<
    number,
    { resolve: (id: string | undefined) => void; reject: (error: Error) => void }
  >();
  const onGap = listeners<[channel: string]>();
  const onState = listeners<[state: ClientState]>();
  const onError = listeners<[error: ClientError]>();
  let state: ClientState = 'connecting';
  let socket: SocketLike | undefined;
  /** Up to here every channel that is live has had everything; one without a place goes on at that of the connection before,
   * rather than miss something. */
  let last: string | undefined;
  let refs = 0;
  let attempts = 0;
  let retry = 0;
  let reconnect: ReturnType<typeof setTimeout>;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  let patience: ReturnType<typeof setTimeout> | undefined;

  const enter = (next: ClientState): void => {
    if (state === next) return;
    state = next;
    onState.tell(next);
  };

  const send = (message: object): void => socket?.send(JSON.stringify(message));

  const listen = (channel: Channel): void => {
    channel.ref = ++refs;
    send({ type: 'subscribe', channel: channel.name, after: channel.after, ref: refs });
  };

  // A connection that was cut off says nothing: only silence tells.
  const probe = (): void => {
    if (state !== 'open' || patience !== undefined) return;
    send({ type: 'ping' });
    giveUpAfter(PATIENCE);
  };

  const giveUpAfter = (time: number): void => {
    const asked = socket;
    patience = setTimeout(() => {
      lose(asked, 1006);
      asked?.close();
    }, time);
  };

  const hearIt = (): void => {
    clearTimeout(quiet);
    clearTimeout(patience);
    patience = undefined;
    quiet = setTimeout(probe, QUIET);
  };

  const open = (): void => {
    clearTimeout(reconnect);
    // Before it is told, for who hears it may close.
    const own = (socket = new Socket(address.href));
    giveUpAfter(QUIET);
    enter('connecting');
    own.addEventListener('open', () => {
      if (own !== socket) return;
      hearIt();
      for (const channel of channels.values()) {
        channel.after ??= last;
        listen(channel);
      }
      enter('open');
    });
    own.addEventListener('message', ({ data }) => {
      if (own !== socket) return;
      hearIt();
      attempts = 0;
      receive(JSON.parse(String(data)) as ServerMessage);
    });
    own.addEventListener('close', ({ code }) => lose(own, code));
    own.addEventListener('error', () => {}); // 'close' follows
  };

  const lose = (lost: SocketLike | undefined, code: number): void => {
    if (lost !== socket || lost === undefined) return;
    socket = undefined;
    clearTimeout(quiet);
    clearTimeout(patience);
    patience = undefined;
    for (const channel of channels.values()) {
      // A channel without a place has missed what comes now: who names one that is none hears of a gap.
      if (channel.isLive) channel.after = last ?? channel.after ?? '?';
      channel.isLive = false;
    }
    left.clear();
    for (const { reject } of published.values()) reject(new Error('the connection was lost'));
    published.clear();
    if (code === 1008 || code === 4403) {
      close();
      return;
    }
    const delay = retry || Math.min(LONGEST, FIRST * 2 ** attempts++);
    // Of many that lost their server together few come back at one time.
    reconnect = setTimeout(open, retry + Math.random() * delay);
    retry = 0;
    enter('waiting');
  };

  const receive = (message: ServerMessage): void => {
    const { type, channel: name, id, event, data, ref } = message;
    const channel = left.has(name) ? undefined : channels.get(name);
    if (type === 'message' || type === 'invalidated') {
      if (channel?.isLive) last = id ?? last;
      else if (channel !== undefined) channel.after = id ?? channel.after;
      each(channel, ({ hear }) => hear(data, { channel: name, id, event }));
    } else if (type === 'subscribed') {
      for (const one of channels.values()) {
        if (one.ref !== ref) continue;
        const [{ id: place, members } = {}] = message.channels;
        one.isLive = true;
        last = place ?? last;
        if (members !== undefined) each(one, (to) => to.options.onPresence?.('here', members));
      }
    } else if (type === 'unsubscribed') {
      for (const [one, asked] of left) if (asked === ref) left.delete(one);
    } else if (type === 'gap') {
      each(channel, (to) => to.options.onGap?.());
      onGap.tell(name);
    } else if (type === 'presence') {
      each(channel, (to) =>
        to.options.onPresence?.(event as 'join' | 'leave', [data as ClientMember]),
      );
    } else if (type === 'pong') {
      // While a channel is given what it had, that is where it is.
      if ([...channels.values()].every(({ isLive, ref: asked }) => isLive || asked === 0)) {
        last = id ?? last;
      }
    } else if (type === 'closing') retry = message.retry;
    else if (type === 'published') settle(ref)?.resolve(id);
    else if (type === 'error') fail(message);
  };

  const fail = ({ code, message, ref }: ServerMessage): void => {
    const refused = [...channels.values()].find((one) => one.ref === ref);
    const error: ClientError = Object.assign(new Error(message), { code, channel: refused?.name });
    if (refused !== undefined) refused.ref = 0;
    const asked = settle(ref);
    if (asked !== undefined) asked.reject(error);
    else if (!onError.tell(error)) report(error);
  };

  const settle = (ref = 0): ReturnType<typeof published.get> => {
    const asked = published.get(ref);
    published.delete(ref);
    return asked;
  };

  const online = (): void => {
    attempts = 0;
    if (state === 'waiting') open();
    else probe();
  };

  const close = (): void => {
    const own = socket;
    clearTimeout(reconnect);
    if (state !== 'closed') lose(own, 1008);
    page.removeEventListener?.('online', online);
    page.removeEventListener?.('offline', probe);
    enter('closed');
    own?.close(1000);
  };

  const subscribe: RealtimeClient['subscribe'] = (name, hear, own = {}) => {
    let channel = channels.get(name);
    if (channel === undefined) {
      const { after } = { ...options, ...own };
      channel = { name, listeners: [], after: after ?? undefined, ref: 0, isLive: false };
      channels.set(name, channel);
    }
    // Not asked for yet, or refused: it may not be by now.
    if (channel.ref === 0 && state === 'open') listen(channel);
    const wanted = channel;
    const listener = { hear, options: own };
    wanted.listeners = [...wanted.listeners, listener];
    return () => {
      const { length } = wanted.listeners;
      wanted.listeners = wanted.listeners.filter((one) => one !== listener);
      if (length !== 1 || wanted.listeners.length > 0) return;
      channels.delete(name);
      if (state !== 'open') return;
      left.set(name, ++refs);
      send({ type: 'unsubscribe', channel: name, ref: refs });
    };
  };

  page.addEventListener?.('online', online);
  page.addEventListener?.('offline', probe);
  open();
  return {
    get state() {
      return state;
    },
    subscribe,
    publish: (channel, data, { event, key } = {}) =>
      new Promise((resolve, reject) => {
        if (state !== 'open') throw new Error('the connection is not open');
        const ref = ++refs;
        send({ type: 'publish', channel, data, event, key, ref });
        published.set(ref, { resolve, reject });
      }),
    onInvalidate(what, hear) {
      const isTag = typeof what === 'string';
      const name = isTag ? what : pathOf(what.url, address, page);
      return subscribe(
        `cache/${isTag ? 'tag' : 'url'}/${encodeURIComponent(name)}`,
        (data) => hear(data as Invalidation),
        { onGap: () => hear({ gap: true }) },
      );
    },
    onGap: onGap.add,
    onState: onState.add,
    onError: onError.add,
    close,
  };
}

// As the browser would ask for it.
function pathOf(url: string, address: URL, { location }: Page): string {
  const { pathname, search } = new URL(url, location?.href ?? address);
  return pathname + search;
}

function each(channel: Channel | undefined, tell: (listener: Listener) => void): void {
  for (const listener of channel?.listeners ?? []) guard(() => tell(listener));
}

function listeners<Args extends unknown[]>(): {
  add: (hear: (...args: Args) => void) => () => void;
  tell: (...args: Args) => boolean;
} {
  let all: readonly { hear: (...args: Args) => void }[] = [];
  return {
    add(hear) {
      const one = { hear };
      all = [...all, one];
      return () => {
        all = all.filter((other) => other !== one);
      };
    },
    tell(...args) {
      const told = all;
      for (const { hear } of told) guard(() => hear(...args));
      return told.length > 0;
    },
  };
}

// One listener that fails does not keep the others from hearing.
function guard(call: () => void): void {
  try {
    call();
  } catch (error) {
    report(error);
  }
}

// To where the page's other errors go.
function report(error: unknown): void {
  const { reportError } = globalThis as unknown as Page;
  if (reportError !== undefined) reportError(error);
  else {
    queueMicrotask(() => {
      throw error;
    });
  }
}
