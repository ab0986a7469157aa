// Applications with a dashboard over snapshots that a test makes up, closed at its end; and a reader of the feed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { addDashboard } from '../../src/dashboard/add-dashboard.ts';
import type { Dashboard, DashboardSettings } from '../../src/dashboard/add-dashboard.ts';
import { dashboardSpec } from '../../src/dashboard/options.ts';
import type { DashboardOptions } from '../../src/dashboard/options.ts';
import type { RouteSnapshot, Snapshot } from '../../src/snapshot/snapshot.ts';

/** What a test says of a snapshot; the rest is quiet. */
export type Said = { -readonly [K in keyof Snapshot]?: Partial<Snapshot[K]> };

const NO_DURATIONS = { count: 0, sumMs: 0, maxMs: 0, buckets: [] };

export function snapshotOf(said: Said = {}): Snapshot {
  const { at = 1_000_000 } = said;
  return {
    at: at as number,
    process: {
      pid: 1,
      // The process began then, and no clock was set since.
      uptimeMs: (at as number) - 990_000,
      rssBytes: 100,
      externalBytes: 0,
      cpuMs: 0,
      node: 'v20.19.0',
      threads: 1,
      silent: 0,
      ...said.process,
    },
    loop: {
      delay: { p50Ms: 0, p99Ms: 1, maxMs: 1 },
      utilization: 0.5,
      gc: { count: 0, totalMs: 0 },
      heapUsedBytes: 50,
      heapTotalBytes: 80,
      ...said.loop,
    },
    http: {
      requests: 0,
      inFlight: 0,
      statuses: {},
      durations: NO_DURATIONS,
      routes: [],
      ...said.http,
    },
    cache: said.cache as Snapshot['cache'],
    engines: (said.engines ?? []) as Snapshot['engines'],
    tiers: (said.tiers ?? []) as Snapshot['tiers'],
    tasks: said.tasks as Snapshot['tasks'],
    realtime: said.realtime as Snapshot['realtime'],
    static: undefined,
  };
}

export function routeOf(
  route: string,
  requests: number,
  said: Partial<RouteSnapshot> = {},
): RouteSnapshot {
  return {
    method: 'GET',
    route,
    requests,
    statuses: { '2xx': requests },
    durations: NO_DURATIONS,
    cache: undefined,
    ...said,
  };
}

export function responseCacheOf(
  said: Partial<NonNullable<Snapshot['cache']>> = {},
): NonNullable<Snapshot['cache']> {
  return {
    hits: 0,
    misses: 0,
    stale: 0,
    collapsed: 0,
    stored: 0,
    notStored: 0,
    notModified: 0,
    purges: 0,
    faults: 0,
    savedMs: 0,
    forwarded: {},
    reasons: {},
    ...said,
  };
}

/** What a test opens. */
export interface Opened {
  readonly app: FastifyInstance;
  readonly dashboard: Dashboard;
}

/** How. */
export interface Opening extends Partial<Omit<DashboardSettings, 'dashboard'>> {
  readonly dashboard?: DashboardOptions | boolean;
  readonly take?: () => Snapshot | Promise<Snapshot>;
  /** Put onto the application before. */
  readonly prepare?: (app: FastifyInstance) => unknown;
  readonly app?: FastifyInstance;
}

/** An application with a page of one file beside the page itself. */
export async function open(opening: Opening = {}): Promise<Opened> {
  const { mode = 'development', take = () => snapshotOf(), prepare, ...rest } = opening;
  const app = opening.app ?? Fastify();
  onTestFinished(() => app.close());
  await prepare?.(app);
  const error = (message: string): Error => new TypeError(message);
  const dashboard = dashboardSpec(true).check(rest.dashboard, { path: 'options.dashboard', error });
  const metering = { snapshot: async () => take() };
  const settings = { ...rest, mode, dashboard };
  return { app, dashboard: await addDashboard(app, settings, metering, pageFolder()) };
}

/** A folder with a page. */
export function pageFolder(): URL {
  const folder = mkdtempSync(join(tmpdir(), 'catz-page-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(folder, 'main.js'), 'export {};');
  writeFileSync(join(folder, 'notes.md'), 'not for serving');
  return pathToFileURL(`${folder}/`);
}

/** Listens.
 * @returns the port */
export async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

/** One event of a stream. */
export interface Heard {
  readonly event: string;
  readonly data: unknown;
}

/** An open stream. */
export interface Stream {
  readonly response: IncomingMessage;
  readonly request: ClientRequest;
  /** The next event. */
  next(): Promise<Heard>;
  /** Everything until the end. */
  rest(): Promise<string>;
  close(): void;
}

/** Opens the feed of an application that listens. */
export async function watch(
  port: number,
  headers: Record<string, string> = {},
  path = '/_catzilla/data/feed',
): Promise<Stream> {
  const request = get({ host: '127.0.0.1', port, path, headers });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
  request.on('error', () => undefined);
  onTestFinished(() => void request.destroy());
  response.setEncoding('utf8');
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<string>;
  let text = '';
  const next = async (): Promise<Heard> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end !== -1) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const data = field(block, 'data');
        if (data !== undefined) {
          return { event: field(block, 'event') ?? 'message', data: JSON.parse(data) as unknown };
        }
        continue;
      }
      const chunk = await chunks.next();
      if (chunk.done === true) throw new Error(`the stream has ended, with ${text}`);
      text += chunk.value;
    }
  };
  const rest = async (): Promise<string> => {
    for (let chunk = await chunks.next(); chunk.done !== true; chunk = await chunks.next()) {
      text += chunk.value;
    }
    return text;
  };
  return { response, request, next, rest, close: () => void request.destroy() };
}

function field(block: string, name: string): string | undefined {
  const line = block.split('\n').find((each) => each.startsWith(`${name}: `));
  return line?.slice(name.length + 2);
}

/** A promise and what settles it; of Promise itself only since Node 22. */
export function deferred<T = void>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
