// Starts the application on a free port of the loopback interface and closes it after the test.

import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { buildApp, type CitiesOptions } from '../src/app.ts';

/** A running application. */
export interface Running {
  app: Awaited<ReturnType<typeof buildApp>>;
  url: string;
  get(path: string, init?: RequestInit): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
}

/** An answer, read to its end. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // What a route answers is the subject of the tests: they name it.
  json<T = Record<string, unknown>>(): T;
  /** True when Cache-Status says so (RFC 9211). */
  isHit: boolean;
}

export async function running(options?: CitiesOptions): Promise<Running> {
  const app = await buildApp(options);
  onTestFinished(() => app.close());
  await app.listen({ port: 0, host: '127.0.0.1' });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const send = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: <T>() => JSON.parse(text) as T,
      isHit: /^catzilla; *hit\b/.test(response.headers.get('cache-status') ?? ''),
    };
  };
  return {
    app,
    url,
    get: send,
    post: (path, body) =>
      send(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}
