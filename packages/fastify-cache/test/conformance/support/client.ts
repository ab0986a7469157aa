// A client on the wire: kept connections, fields as lines, interim responses seen, an answer cut off told apart from a
// whole one. Invariant: nothing is added to a request but Host, and nothing is taken from an answer.
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';

/** What the client sends. */
export interface Asking {
  readonly method?: string;
  /** Host included, where another than the default is asked. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

/** What the client got. */
export interface Answer {
  readonly status: number;
  /** By lower-case name, several lines joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Lines in their order, names in lower case. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Interim responses that came before. */
  readonly interim: readonly {
    readonly status: number;
    readonly headers: Record<string, unknown>;
  }[];
  /** False when the connection broke before the end. */
  readonly complete: boolean;
}

/** A client of one server. */
export interface Client {
  ask(path: string, asking?: Asking): Promise<Answer>;
  close(): void;
}

const HOST = 'app.test';

/** Makes a client of a port of the loopback. Its Host is `app.test` where a request names no other. */
export function makeClient(port: number): Client {
  const agent = new Agent({ keepAlive: true });
  return {
    ask: (path, asking = {}) => ask(agent, port, path, asking),
    close: () => agent.destroy(),
  };
}

async function ask(agent: Agent, port: number, path: string, asking: Asking): Promise<Answer> {
  const { method = 'GET', body } = asking;
  const headers: Record<string, string | string[]> = { host: HOST };
  for (const [name, value] of Object.entries(asking.headers ?? {})) {
    headers[name] = typeof value === 'string' ? value : [...value];
  }
  // Node frames a body by itself only where the method usually has one.
  if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
  const interim: { status: number; headers: Record<string, unknown> }[] = [];
  return new Promise((resolve, reject) => {
    const request = httpRequest({ agent, host: '127.0.0.1', port, path, method, headers });
    request.on('information', (info) => {
      interim.push({ status: info.statusCode, headers: info.headers });
    });
    request.on('error', reject);
    request.on('response', (response) => {
      // Only now: before, a broken connection is no answer at all.
      request.removeListener('error', reject).on('error', () => {});
      read(response).then((end) => resolve({ ...headOf(response), interim, ...end }), reject);
    });
    request.end(body);
  });
}

function headOf(response: IncomingMessage): Pick<Answer, 'status' | 'headers' | 'lines'> {
  const lines: (readonly [string, string])[] = [];
  const headers: Record<string, string> = {};
  for (let i = 0; i < response.rawHeaders.length; i += 2) {
    const [name, value] = [response.rawHeaders[i]!.toLowerCase(), response.rawHeaders[i + 1]!];
    lines.push([name, value]);
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return { status: response.statusCode ?? 0, headers, lines };
}

async function read(response: IncomingMessage): Promise<Pick<Answer, 'body' | 'complete'>> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const end = (): void => {
      resolve({ body: Buffer.concat(chunks).toString('latin1'), complete: response.complete });
    };
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('close', end).on('error', () => {});
  });
}
