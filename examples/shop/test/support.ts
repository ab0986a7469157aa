// Opens a shop in memory, with a client that keeps its cookies.

import type { AddressInfo } from 'node:net';
import { createApp, type CatzillaApp } from 'catzilla';
import { afterAll, beforeAll } from 'vitest';
import { addRoutes, configOf } from '../src/app.ts';
import { defaults, type Settings } from '../src/settings.ts';

/** An answer, read to its end. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // What a route answers is the subject of the tests: they name it.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
  isHit: boolean;
}

export type Send = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>; // prettier-ignore

let counter = 0;

export async function openShop(changes: Partial<Settings> = {}): Promise<CatzillaApp> {
  const settings = {
    ...defaults,
    products: 120,
    ordersPerMinute: 1000,
    tokens: { 'clerk-token': 'clerk', 'manager-token': 'manager' } as const,
    name: `shop-${process.pid}-${counter++}`,
    ...changes,
  };
  const app = await createApp({ ...configOf(settings), env: false });
  try {
    await addRoutes(app, settings);
    await app.ready();
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}

/** One listening shop for all tests of a file: opening PostgreSQL takes a while. */
export function shopForAll(changes?: Partial<Settings>): { app: CatzillaApp; url: string } {
  const shop = {} as { app: CatzillaApp; url: string };
  beforeAll(async () => {
    shop.app = await openShop(changes);
    await shop.app.listen({ port: 0, host: '127.0.0.1' });
    shop.url = `http://127.0.0.1:${(shop.app.server.address() as AddressInfo).port}`;
  });
  afterAll(() => shop.app.close());
  return shop;
}

/** A client of its own: it sends the cookie that it was given. */
export function client(shop: { url: string }): Send {
  let cookie = '';
  return async (method, path, body, headers = {}) => {
    const isForm = body instanceof URLSearchParams;
    const response = await fetch(shop.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(cookie && { cookie }),
        ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && {
        body: isForm || typeof body === 'string' ? body : JSON.stringify(body),
      }),
    });
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : undefined,
      isHit: /^catzilla; *hit\b/.test(response.headers.get('cache-status') ?? ''),
    };
  };
}

export const manager = { authorization: 'Bearer manager-token' };
export const clerk = { authorization: 'Bearer clerk-token' };
