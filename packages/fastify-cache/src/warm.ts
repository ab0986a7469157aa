// Warming: URLs are requested inside the application, so that what they answer is stored as it is for any client.
// Invariant: each goes through every guard, as an anonymous client's request does, unless headers are given; nothing rejects
// for what it answers. Whether it was stored is read from the request's own way through the cache, not from what is sent.
// How one is asked for, and ended, is warm/ask.ts.
import { setImmediate as pause } from 'node:timers/promises';
import { checkOptions, custom, duration, int, optional, orFalse, show } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { isWritable } from '@catzilla/http';
import { errors } from './errors.ts';
import { passOf } from './hooks/pass.ts';
import { normalizeHost } from './key/host.ts';
import { splitAbsolute } from './key/primary-key.ts';
import { MAX_TIMER } from './options/spec-parts.ts';
import { wishesOf } from './reply-cache.ts';
import { Asker } from './warm/ask.ts';
import type { Handled } from './warm/ask.ts';

/** Options of warm. */
export interface WarmOptions {
  /** Requests at a time, an integer of at least 1. Default: 4. */
  readonly concurrency?: number | undefined;
  /** Fields of each request, as Accept-Language, or what guards ask for. Default: none but Host. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** ms for each URL: one that takes longer, as an event stream that never ends, is given up, and its request closed.
   * false: no bound. Default: 30,000. */
  readonly timeout?: number | false | undefined;
  /** Gives up what is under way and all that is left. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of one URL. */
export interface WarmResult {
  /** As it was given. */
  readonly url: string;
  /** Of the answer; 0 when there was none. */
  readonly status: number;
  /** The cache has it now: it was stored, or was there. */
  readonly stored: boolean;
  /** Why it is not stored, by the word that stands as `detail` in Cache-Status; `uncached` where no cached route answered,
   * `incomplete` where its end was missing; with the status 0 `timeout`, `aborted` by the signal, or `error`. undefined: it is
   * stored. */
  readonly reason: string | undefined;
  /** ms it took. */
  readonly ms: number;
}

interface Target {
  readonly url: string;
  /** What is requested: path and query, host undefined: that of inject(). */
  readonly path: string;
  readonly host: string | undefined;
  readonly isHttps: boolean;
}

const specs: OptionSpecs<{
  concurrency: number;
  headers: Readonly<Record<string, string>>;
  timeout: number | false;
  signal: AbortSignal | undefined;
}> = {
  concurrency: int({ min: 1, default: 4 }),
  headers: custom('an object of request fields, each a string', isHeaders, {}),
  timeout: orFalse(duration({ max: MAX_TIMER, default: 30_000 })),
  signal: optional(custom('an AbortSignal', (value) => value instanceof AbortSignal)),
};

/** Requests URLs so that their answers are stored. To be called once the application is ready; hooks and rate limits count
 * the requests as they do all. Fields that Vary names select the variant that is warmed: give them as headers.
 * @param app   its GET routes are asked
 * @param urls   `/path?query`, or absolute: its host is then the Host, and its scheme that of the key; else they are that of
 *   `options.headers`, the first of `hosts`, or `localhost:80`, and the application's own
 * @param hosts  of the option; undefined: every one
 * @returns one row for each URL, in order
 * @throws (rejects) CATZ_FASTIFY_CACHE_BAD_URL, CATZ_FASTIFY_CACHE_OPTION, both before anything is requested */
export async function warm(
  app: FastifyInstance,
  urls: readonly string[],
  options: WarmOptions | undefined,
  hosts: ReadonlySet<string> | undefined,
): Promise<readonly WarmResult[]> {
  const error = (message: string): Error => new errors.OPTION(message);
  const { concurrency, headers, ...limits } = checkOptions(options, specs, {
    path: 'options',
    error,
  });
  if (!Array.isArray(urls)) throw error(`expected urls to be an array of URLs, got ${show(urls)}`);
  const isTls = Boolean((app.initialConfig as { https?: unknown }).https);
  const [own] = hosts ?? [];
  const given = Object.entries(headers).find(([name]) => name.toLowerCase() === 'host')?.[1];
  const targets = urls.map((url) => targetOf(url, isTls, given ?? own));
  const rows: WarmResult[] = [];
  using asker = new Asker(app, limits);
  const queue = targets.entries();
  const work = async (): Promise<void> => {
    for (const [i, target] of queue) rows[i] = await warmOne(asker, target, headers);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, targets.length) }, work));
  return rows;
}

async function warmOne(
  asker: Asker,
  { url, path, host, isHttps }: Target,
  given: Readonly<Record<string, string>>,
): Promise<WarmResult> {
  const started = performance.now();
  const row = (status: number, reason: string | undefined): WarmResult => {
    const ms = performance.now() - started;
    return { url, status, stored: reason === undefined, reason, ms };
  };
  const headers: Record<string, string> = { ...given };
  if (host !== undefined) headers['host'] = host;
  // Behind a proxy that is trusted, this is how the application learns of it.
  if (isHttps) headers['x-forwarded-proto'] = 'https';
  const outcome = await asker.ask({ path, headers, isHttps });
  if (outcome.failure !== undefined) return row(0, outcome.failure);
  const { response } = outcome;
  // What is stored at the end of a response is stored in the turn after it.
  await pause();
  return row(response.statusCode, reasonOf(response, asker.handledOf(response)));
}

function reasonOf(
  response: LightMyRequestResponse,
  handled: Handled | undefined,
): string | undefined {
  const pass = handled && passOf(handled.request);
  if (pass?.kind === 'hit') return undefined;
  if (pass?.kind === 'forward') return pass.detail;
  if (pass?.kind === 'fill') {
    if (pass.stored !== undefined) return undefined;
    if (pass.refused === 'skip') return (handled && wishesOf(handled.reply)?.skip) ?? 'skip';
    return pass.refused ?? 'incomplete';
  }
  // A hit that was sent past the reply leaves no note; it has the Age that every answer from the cache has.
  return response.headers['age'] === undefined ? 'uncached' : undefined;
}

function targetOf(url: unknown, isTls: boolean, host: string | undefined): Target {
  if (typeof url !== 'string') throw new errors.BAD_URL(show(url));
  if (url.startsWith('/') && isSendable(url)) {
    return { url, path: url, host, isHttps: isTls };
  }
  const parts = splitAbsolute(url);
  const named = parts && normalizeHost(parts.authority, parts.scheme);
  if (parts === undefined || named === undefined || !isSendable(parts.path)) {
    throw new errors.BAD_URL(show(url));
  }
  return { url, path: parts.path, host: parts.authority, isHttps: parts.scheme === 'https' };
}

// As a client would send it: without spaces, controls and a fragment. What else has to be encoded is, as in a browser.
function isSendable(path: string): boolean {
  return /^[^\s#\p{Cc}]+$/u.test(path);
}

function isHeaders(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([name, text]) => typeof text === 'string' && isWritable(name, text),
  );
}
