// An origin on a free port, the proxy before it, and a client that shows what came over the wire.
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { buildProxy } from '../src/proxy.ts';

/** An answer, read to its end. */
export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  /** Name and value in turn, as they came. */
  rawHeaders: string[];
  body: Buffer;
  interim: number[];
  complete: boolean;
  isHit: boolean;
}

/** What a client sends. */
export interface Asking {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}

/** Starts an origin.
 * @returns its URL */
export async function startOrigin(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((listening) => server.once('listening', listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Puts the proxy before an origin. */
export async function startProxy(listener: RequestListener): Promise<{
  ask: (path: string, asking?: Asking) => Promise<Answer>;
  url: string;
  origin: string;
}> {
  const origin = await startOrigin(listener);
  const app = await buildProxy({ origin });
  onTestFinished(() => app.close());
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return { ask: (path, asking) => ask(url + path, asking), url, origin };
}

/** Sends one request. */
export async function ask(
  url: string,
  { method = 'GET', headers = {}, body }: Asking = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const interim: number[] = [];
    const request = httpRequest(url, { method, headers, agent: false });
    request.on('information', ({ statusCode }) => interim.push(statusCode));
    request.on('error', reject);
    request.on('response', (response) => {
      request.removeListener('error', reject).on('error', () => undefined);
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
      response.on('close', () => {
        const { statusCode = 0, rawHeaders, complete } = response;
        resolve({
          status: statusCode,
          headers: response.headers,
          rawHeaders,
          body: Buffer.concat(chunks),
          interim,
          complete,
          isHit: /catzilla; *hit\b/.test(String(response.headers['cache-status'] ?? '')),
        });
      });
    });
    request.end(body);
  });
}

/** Values of all lines of a field. */
export function lines({ rawHeaders }: Answer, name: string): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === name);
}
