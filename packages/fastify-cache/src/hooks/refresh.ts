// Refreshing behind a stale answer (RFC 5861 3): the same URL is requested once more, inside the application, and what its
// handler answers takes the entry's place by the rules of every fill.
// Invariant: one refresh for a key at a time, and no more than `refresh.concurrency`; it ends by its deadline. It carries the
// fields that select the variant and no credentials of the client: a guard that refuses it leaves the entry as it is, until
// its window is over. It is known by a token that one request can use once, and that is taken from it: no client can forge
// one. (An AsyncLocalStorage would not do: a hook that frees several requests by one callback frees them all in one context.)
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { FastifyRequest, InjectOptions } from 'fastify';
import type { Readable } from 'node:stream';
import type { Entry } from '../entry/entry.ts';
import { engineKey, pathOf } from '../key/primary-key.ts';
import { variantFullKey } from '../lookup.ts';
import { parseVary } from '../rfc/vary.ts';
import type { Ask } from './ask.ts';

/** A refresh under way. */
export interface Refresh {
  /** Full primary key: the request inside the application may look different. */
  readonly key: string;
  readonly target: string;
  readonly isEncrypted: boolean;
  /** The handler is not asked whether an entry is current, but for the whole response. */
  readonly isUnconditional: boolean;
}

/** Fields that say who asks. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'x-access-token',
  'x-api-key',
  'x-auth-token',
]);

const TOKEN = 'catzilla-refresh';
const TOKEN_BYTES = 24;

/** Requests of our own that have not arrived, by token. */
const expected = new Map<string, Refresh>();
const arrived = new WeakMap<FastifyRequest, Refresh>();
// Nothing of the request that happened to find the entry stale reaches the refresh, its AsyncLocalStorages least of all.
const outside = AsyncLocalStorage.snapshot();
/** Requests of our own under way: as long as there are none, no request is looked at more closely. */
let active = 0;

/** The refreshes of one scope. */
export class Refreshes {
  readonly #running: Map<string, AbortController> = new Map();
  readonly #concurrency: number;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  /** Starts one; undefined when one is running for the key, or no more may run. */
  start(key: string): AbortController | undefined {
    if (this.#running.has(key) || this.#running.size >= this.#concurrency) return undefined;
    const controller = new AbortController();
    this.#running.set(key, controller);
    return controller;
  }

  end(key: string): void {
    this.#running.delete(key);
  }

  /** Ends all, for close. */
  close(): void {
    for (const controller of this.#running.values()) controller.abort();
    this.#running.clear();
  }
}

/** The refresh that a request is; undefined for those of clients. HOT */
export function refreshOf(request: FastifyRequest): Refresh | undefined {
  return active === 0 ? undefined : (arrived.get(request) ?? arrive(request));
}

// From the raw fields: a schema of the route may have taken from the parsed ones what it does not name.
function arrive(request: FastifyRequest): Refresh | undefined {
  const { rawHeaders, headers } = request.raw;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i] !== TOKEN) continue;
    const refresh = expected.get(rawHeaders[i + 1] ?? '');
    if (refresh === undefined) continue;
    expected.delete(rawHeaders[i + 1]!);
    rawHeaders.splice(i, 2);
    delete headers[TOKEN];
    // Fastify's rewriteUrl has made another URL of it: what that answers is not what was to be refreshed.
    if (refresh.target !== request.raw.url) return undefined;
    arrived.set(request, refresh);
    return refresh;
  }
  return undefined;
}

/** Whether an entry can be refreshed behind the client's back: not where credentials select it, nor where the URL would not
 * come out as it went in. */
export function mayRefreshBehind(ask: Ask, entry: Entry): boolean {
  const { route, policy, request } = ask;
  if (policy.identityOf !== undefined || policy.keyOf !== undefined) return false;
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const { headers } = route.scope.settings.refresh;
  if (headers === undefined && selectors(ask, entry).some(isCredential)) return false;
  return mayAskAgain(request);
}

/** Whether the URL of a request would come out of a request inside the application as it went in. */
export function mayAskAgain(request: FastifyRequest): boolean {
  return isPlain(request.raw.url ?? '');
}

/** Starts the refresh of an entry that is being answered stale. Never throws. */
export function refreshBehind(ask: Ask, entry: Entry): void {
  const { route, instance } = ask;
  const { scope } = route;
  const { counters } = scope;
  const abort = scope.refreshes.start(entry.key);
  if (abort === undefined) return;
  const timer = setTimeout(() => abort.abort(), scope.settings.refresh.timeout).unref();
  counters.refreshes++;
  active++;
  const work = async (): Promise<void> => {
    try {
      const { socket } = ask.request.raw;
      const isEncrypted = (socket as { encrypted?: boolean }).encrypted === true;
      const target = ask.request.raw.url ?? '/';
      const options = injectOptions(ask, entry, isEncrypted);
      const refresh = { key: ask.key, target, isEncrypted, isUnconditional: false };
      await asRefresh(refresh, options.headers, async (headers) => {
        const more = { headers, signal: abort.signal, payloadAsStream: true } as const;
        // inject() begins when its `then` is called: inside, or it would begin in the client's context after all.
        const response = await outside(() =>
          instance.inject({ ...options, ...more }).then((answer) => answer),
        );
        await drained(response.stream());
      });
    } catch (error) {
      if (!abort.signal.aborted) scope.fault('refresh', error);
      counters.refreshErrors++;
    } finally {
      active--;
      clearTimeout(timer);
      scope.refreshes.end(entry.key);
    }
  };
  void work();
}

/** Asks the handler once more, without conditions, for a request that it answered with a 304 about something else. Only
 * where `mayAskAgain`. */
export async function askAgain(
  ask: Pick<Ask, 'request' | 'instance' | 'key'>,
): Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }> {
  const { request, instance, key } = ask;
  const target = request.raw.url ?? '/';
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.raw.headers)) {
    if (typeof value === 'string' && !CONDITIONS.has(name)) headers[name] = value;
  }
  const isEncrypted = (request.raw.socket as { encrypted?: boolean }).encrypted === true;
  active++;
  try {
    const refresh = { key, target, isEncrypted, isUnconditional: true };
    const response = await asRefresh(refresh, headers, (all) =>
      instance.inject({ url: target, method: 'GET', headers: all, remoteAddress: request.ip }),
    );
    const { statusCode: status, rawPayload: body } = response;
    return { status, headers: response.headers, body };
  } finally {
    active--;
  }
}

const CONDITIONS: ReadonlySet<string> = new Set([
  'if-none-match',
  'if-modified-since',
  'if-range',
  'range',
]);

// Makes a request that is known as a refresh from its first hook to its end.
async function asRefresh<T>(
  refresh: Refresh,
  headers: Readonly<Record<string, string>>,
  send: (headers: Record<string, string>) => Promise<T>,
): Promise<T> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  expected.set(token, refresh);
  try {
    return await send({ ...headers, [TOKEN]: token });
  } finally {
    expected.delete(token);
  }
}

function injectOptions(
  ask: Ask,
  entry: Entry,
  isEncrypted: boolean,
): InjectOptions & { readonly headers: Record<string, string> } {
  const { request, route } = ask;
  const headers: Record<string, string> = { host: request.host };
  // Behind a proxy that is trusted the application goes on believing what it said.
  if (request.protocol === 'https' && !isEncrypted) headers['x-forwarded-proto'] = 'https';
  // Constraints by version choose the route (Fastify's `constraints`).
  for (const name of ['accept-version', ...selectors(ask, entry)]) {
    const value = request.headers[name];
    if (typeof value === 'string' && !isCredential(name)) headers[name] = value;
  }
  const url = request.raw.url ?? '/';
  const more = route.scope.settings.refresh.headers?.({
    url,
    key: entry.key,
    status: entry.status,
  });
  return { method: 'GET', url, headers: { ...headers, ...more }, remoteAddress: request.ip };
}

// Names that select the entry: those of its Vary and of the policy, and those that its handler gave in silence
// (`reply.cache.vary`), by which its key was made.
function selectors(ask: Ask, entry: Entry): readonly string[] {
  const named = parseVary(entry.fields.find(([name]) => name === 'vary')?.[1]);
  const known = [...(named === '*' ? [] : named), ...ask.policy.vary.add];
  return [...new Set([...known, ...listOf(ask, entry)])];
}

function listOf({ route, key, headers, policy }: Ask, entry: Entry): readonly string[] {
  try {
    const index = route.scope.records.readIndex(engineKey(key))?.index;
    const { normalize } = policy.vary;
    const isOf = (names: readonly string[]): boolean =>
      index !== undefined &&
      variantFullKey(key, index.generation, route.id, names, headers, normalize) === entry.key;
    return index?.lists.find(isOf) ?? [];
  } catch (error) {
    route.scope.fault('get', error);
    return [];
  }
}

function isCredential(name: string): boolean {
  return CREDENTIALS.has(name) || name.startsWith('cookie:');
}

// A URL that WHATWG's parser gives back as it came: inject() reads it that way.
function isPlain(target: string): boolean {
  if (!target.startsWith('/') || target.startsWith('//')) return false;
  try {
    const url = new URL(target, 'http://localhost');
    return url.pathname === pathOf(target) && url.pathname + url.search === target;
  } catch {
    return false;
  }
}

async function drained(stream: Readable): Promise<void> {
  for await (const _ of stream);
}
