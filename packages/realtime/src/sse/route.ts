// GET <path>/events?channel=a&channel=b: an event stream of these channels, resumed after Last-Event-ID.
// Invariant: until the hub has let a client in, it gets ordinary answers: every status but 200 ends an EventSource for good
// (HTML standard 9.2.3), so who may not listen is not asked again and again.
import { fastifySSE } from '@fastify/sse';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sayGoodbye } from '../connection/farewell.ts';
import { Heartbeat } from '../connection/heartbeat.ts';
import type { SlowRule } from '../connection/outbox.ts';
import { Turn } from '../connection/turn.ts';
import { errors } from '../errors.ts';
import type { Hub } from '../hub/hub.ts';
import { EventSession, NO_PLACE } from './session.ts';
import type { SessionContext } from './session.ts';

/** Options of the plugin that concern event streams. */
export interface EventRouteSettings {
  readonly path: string;
  readonly heartbeat: number;
  readonly slow: SlowRule;
  readonly maxBufferedBytes: number;
  readonly closeDelay: number;
}

/** The route, as the plugin holds it. */
export interface EventRoute {
  /** Ends all streams, within `closeDelay`. For preClose. */
  close(): Promise<void>;
}

/** Longest id a client may resume after; a longer one is none of ours, and counts as lost. */
const MAX_ID = 128;
/** Proxies drop what is silent for a minute, some for half of it. */
const MAX_SILENCE = 15_000;
/** Seconds a client is asked to wait where there are too many. */
const RETRY_AFTER = '5';

/** Adds the route, and `@fastify/sse` where it is not there yet. */
export async function addEventRoute(
  app: FastifyInstance,
  hub: Hub,
  { path, heartbeat, slow, maxBufferedBytes, closeDelay }: EventRouteSettings,
): Promise<EventRoute> {
  if (!app.hasPlugin('@fastify/sse')) await app.register(fastifySSE);
  const beats = new Heartbeat({ period: Math.min(heartbeat, MAX_SILENCE) });
  const sessions = new Set<EventSession>();
  const context: SessionContext = {
    hub,
    turn: new Turn(),
    heartbeat: beats,
    slow,
    maxBufferedBytes,
    closeDelay,
    sessions,
  };
  app.get(
    `${path}/events`,
    {
      sse: { kind: 'only', heartbeat: false },
      config: { cache: false },
      // Without a body there is nothing that a HEAD could tell.
      exposeHeadRoute: false,
    },
    (request, reply) => listen(request, reply, context),
  );
  return {
    async close() {
      await sayGoodbye(sessions, closeDelay);
      beats.close();
    },
  };
}

async function listen(
  request: FastifyRequest,
  reply: FastifyReply,
  context: SessionContext,
): Promise<void> {
  // Of a refusal, too: a 404 may else be kept by a cache on the way.
  reply.header('cache-control', 'no-store');
  const { channels, after } = readQuery(request);
  const { hub } = context;
  const session = new EventSession(request, reply, context);
  try {
    hub.add(session);
    const [first] = await hub.subscribe(session, channels, after);
    session.begin(first?.id);
  } catch (error) {
    session.refuse();
    // Nobody waits for the answer any more.
    if (reply.raw.destroyed) return void reply.hijack();
    if ((error as { statusCode?: unknown }).statusCode === 503) {
      reply.header('retry-after', RETRY_AFTER);
    }
    throw error;
  }
}

// The query may have been read by a parser of the application's.
function readQuery({ query, headers }: FastifyRequest): {
  channels: readonly string[];
  after: string | undefined;
} {
  const { channel, lastEventId } = query as Readonly<Record<string, unknown>>;
  const channels: unknown = typeof channel === 'string' ? [channel] : channel;
  if (!isTexts(channels) || channels.length === 0) {
    throw new errors.CHANNEL_NAME('the query to name a channel, `?channel=`, once or more', 'none');
  }
  // EventSource sends the field by itself, but only once it was connected: a page that resumes has the query.
  const id = headers['last-event-id'] || lastEventId;
  if (id === undefined || id === '') return { channels, after: undefined };
  const isId = typeof id === 'string' && id.length <= MAX_ID;
  return { channels, after: isId ? id : NO_PLACE };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
