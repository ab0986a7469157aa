// A server of the page as the dashboard's own is: the files under assets/, its CSP, the feed, the tables, the actions. It tells
// what a test gives it to tell, and remembers what it was asked.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import type { Frame, Hello, RouteRow } from '../../../src/dashboard/frame.ts';

const require = createRequire(import.meta.url);
const page = new URL('../../../page/', import.meta.url);
const csp = `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'`;
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

export interface FakeServer {
  readonly url: string;
  readonly port: number;
  /** Bodies of POST requests, with the token that came with them. */
  readonly actions: { path: string; token: string | undefined; body: unknown }[];
  /** Query strings of data/routes. */
  readonly asked: string[];
  /** How many feeds are open. */
  readonly viewers: number;
  hello: Hello;
  routes: readonly RouteRow[];
  /** Answers of actions; a number is a status with a message. */
  answer: { purge: unknown; warm: unknown };
  /** Refuses everything below data/ with this message. */
  refusal: string | undefined;
  send(frame: Frame): void;
  close(): Promise<void>;
}

/** Serves the page at /_catzilla/ of a free port, or of the one given. */
export async function fakeServer(hello: Hello, port = 0): Promise<FakeServer> {
  const feeds = new Set<ServerResponse>();
  const server = createServer((request, response) => void route(request, response));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: taken } = server.address() as AddressInfo;
  const self: FakeServer = {
    url: `http://127.0.0.1:${taken}/_catzilla/`,
    port: taken,
    actions: [],
    asked: [],
    get viewers() {
      return feeds.size;
    },
    hello,
    routes: [],
    answer: { purge: { text: '3 responses were removed' }, warm: { results: [] } },
    refusal: undefined,
    send(frame) {
      for (const feed of feeds) feed.write(event('frame', frame));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', self.url);
    const path = pathname.replace('/_catzilla/', '');
    if (path.startsWith('data/') && self.refusal !== undefined) return json(response, 403, { message: self.refusal }); // prettier-ignore
    if (path === 'data/feed') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(event('hello', { ...self.hello, seconds: [], minutes: [] }));
      feeds.add(response);
      response.on('close', () => feeds.delete(response));
    } else if (path === 'data/hello') json(response, 200, self.hello);
    else if (path === 'data/routes') json(response, 200, found(searchParams));
    else if (path.startsWith('actions/')) await act(path, request, response);
    else await file(path === '' ? 'index.html' : path.replace('assets/', ''), response);
  }

  function found(query: URLSearchParams) {
    self.asked.push(query.toString());
    const words = (query.get('q') ?? '').toLowerCase();
    const sort = query.get('sort') ?? '-perSecond';
    const offset = Number(query.get('offset'));
    const key = sort.replace('-', '') as 'requests' | 'route';
    const rows = self.routes
      .filter((row) => `${row.method} ${row.route}`.toLowerCase().includes(words))
      .toSorted((a, b) => (a[key] < b[key] ? -1 : 1) * (sort.startsWith('-') ? -1 : 1));
    return {
      rows: rows.slice(offset, offset + Number(query.get('limit') ?? 25)),
      total: rows.length,
      offset,
    };
  }

  async function act(path: string, request: IncomingMessage, response: ServerResponse) {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    self.actions.push({ path, token: request.headers['x-catzilla-token'] as string | undefined, body: JSON.parse(body) }); // prettier-ignore
    const answer = path === 'actions/purge' ? self.answer.purge : self.answer.warm;
    if (typeof answer === 'number') json(response, answer, { message: 'the tag is too long' });
    else json(response, 200, answer);
  }

  async function file(name: string, response: ServerResponse): Promise<void> {
    const from = { 'uplot.js': 'uPlot.esm.js', 'uplot.css': 'uPlot.min.css' }[name];
    const content = await readFile(
      from === undefined ? new URL(name, page) : require.resolve('uplot').replace(/[^/\\]+$/, from),
    ).catch(() => undefined);
    if (content === undefined) return json(response, 404, { message: 'no such file' });
    response.writeHead(200, { 'content-type': types[extname(name)] ?? 'text/plain', 'content-security-policy': csp, 'x-content-type-options': 'nosniff' }); // prettier-ignore
    response.end(content);
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
