// Instances of one application with a real response cache and live channels, around one Redis or each by itself.
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { streamBus } from '@catzilla/bus';
import { startRedis } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { openCache } from '@catzilla/cache-core';
import { fastifyCache } from '@catzilla/fastify-cache';
import { realtime } from '@catzilla/realtime';
import type { RealtimeOptions } from '@catzilla/realtime';
import { connect } from '@catzilla/realtime/client';
import type { Invalidation, RealtimeClient } from '@catzilla/realtime/client';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';

/** Starts a server for the tests of a file. */
export function useRedis(): { readonly url: string } {
  let server: RedisServer | undefined;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await server?.stop();
  });
  return {
    get url() {
      if (server === undefined) throw new Error('the server runs only while tests do');
      return server.url;
    },
  };
}

/** A name that no other test has. */
export function newName(): string {
  return `live-${randomUUID()}`;
}

/** One instance that listens. */
export interface Instance {
  readonly app: FastifyInstance;
  readonly url: string;
  readonly port: number;
  /** Values that handlers answer, by path; what is not there is '0'. */
  readonly values: Map<string, string>;
}

/** What makes an instance. */
export interface InstanceOptions {
  /** Of Redis; undefined: the instance is alone. */
  readonly redis?: string | undefined;
  readonly name?: string;
  readonly port?: number;
  readonly values?: Map<string, string>;
  readonly live?: RealtimeOptions['live'];
  readonly before?: (app: FastifyInstance) => void;
}

/** Starts an instance: `/items/:id` is cached with the tags `public:items` and `secret:items`, and changed by PUT.
 * It is closed at the end of the test. */
export async function makeInstance({
  redis,
  name = newName(),
  port = 0,
  values = new Map<string, string>(),
  live = { header: true },
  before,
}: InstanceOptions = {}): Promise<Instance> {
  const app = Fastify({ forceCloseConnections: true });
  onTestFinished(() => app.close());
  const memory = openCache({ maxBytes: 16 * 2 ** 20 });
  app.addHook('onClose', async () => memory.close());
  // All is to be answered, however busy the machine.
  const deadline = 10_000;
  const bus = redis === undefined ? undefined : streamBus({ url: redis, deadline });
  app.addHook('onClose', async () => bus?.close());
  const cache =
    redis === undefined
      ? memory
      : { name, memory, remote: { url: redis }, deadline: { remote: deadline } };
  await app.register(fastifyCache, { ttl: 60_000, cache });
  await app.register(realtime, { name, live, closeDelay: 50, ...(bus && { bus }) });
  app.realtime.channel('news/:topic', { public: true, publish: true });
  app.get(
    '/items/:id',
    { config: { cache: { tags: ['public:items', 'secret:items'] } } },
    (request) => ({
      value: values.get(request.url) ?? '0',
    }),
  );
  app.put('/items/:id', (request) => {
    values.set(request.url, String(request.body));
    return {};
  });
  before?.(app);
  await app.listen({ port, host: '127.0.0.1' });
  await app.cache.tiers.ready({ timeout: 30_000 });
  const own = (app.server.address() as AddressInfo).port;
  return { app, port: own, url: `http://127.0.0.1:${own}`, values };
}

/** A client of an instance, and all that it has heard, in order. */
export interface Page {
  readonly client: RealtimeClient;
  readonly heard: (Invalidation | { readonly data: unknown })[];
  /** The next thing that it hears. */
  next(): Promise<Invalidation | { readonly data: unknown }>;
}

/** Connects, and resolves when all that is wanted is subscribed.
 * @param wanted  tags, URLs that begin with a slash, or channels as `#news/a` */
export async function openPage(
  { url }: Pick<Instance, 'url'>,
  wanted: readonly string[],
  after?: string,
): Promise<Page> {
  const client = connect(`${url}/realtime`, { WebSocket: Counted, after });
  onTestFinished(() => client.close());
  const heard: Page['heard'] = [];
  let wake = (): void => {};
  let given = 0;
  const hear = (what: Page['heard'][number]): void => {
    heard.push(what);
    wake();
  };
  for (const name of wanted) {
    if (name.startsWith('#')) client.subscribe(name.slice(1), (data) => hear({ data }));
    else client.onInvalidate(name.startsWith('/') ? { url: name } : name, hear);
  }
  await isSubscribed(client, wanted.length);
  return {
    client,
    heard,
    async next() {
      while (heard.length <= given) await new Promise<void>((resolve) => (wake = resolve));
      return heard[given++]!;
    },
  };
}

// Answers to subscriptions by connection: the client itself has no need to tell.
class Counted extends WebSocket {
  static readonly all: Counted[] = [];
  subscribed = 0;

  constructor(url: string) {
    super(url);
    Counted.all.push(this);
    this.on('message', (data: Buffer) => {
      if (data.toString().startsWith('{"type":"subscribed"')) this.subscribed++;
    });
  }
}

async function isSubscribed(client: RealtimeClient, count: number): Promise<void> {
  const own = Counted.all.at(-1)!;
  await until(() => client.state === 'open' && own.subscribed >= count);
}

/** Waits for a claim to hold, for up to 30 s. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const latest = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > latest) throw new Error(`never came true: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What an instance answers, and what its cache says. */
export async function ask(
  { url }: Pick<Instance, 'url'>,
  path: string,
): Promise<{ value: string; cache: string; position: string | undefined }> {
  const response = await fetch(url + path);
  const { value } = (await response.json()) as { value: string };
  const { headers } = response;
  return {
    value,
    cache: headers.get('cache-status') ?? '',
    position: headers.get('x-catzilla-stream') ?? undefined,
  };
}

/** Changes what instances answer, by a request to one that purges.
 * @param host  of the instance whose answers are meant: behind a balancer all have one */
export async function put(
  { app }: Instance,
  path: string,
  value: string,
  host?: { readonly port: number },
): Promise<void> {
  const answer = await app.inject({
    method: 'PUT',
    url: path,
    payload: value,
    headers: {
      'content-type': 'text/plain',
      ...(host && { host: `127.0.0.1:${host.port}` }),
    },
  });
  if (answer.statusCode !== 200) throw new Error(`PUT ${path} failed with ${answer.statusCode}`);
}
