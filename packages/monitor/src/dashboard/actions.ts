// What the page may do: purge and warm. Off unless the option says otherwise; each is logged, and told as an event.
// Invariant: done only for a page of this application that has the token; what is asked for is checked whole before anything is
// done. A pattern is a text with * and **, never a regular expression of a client.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { errors } from '../errors.ts';
import { siteOf } from './access.ts';
import type { Events } from './events.ts';
import { purgeText } from './listen.ts';
import { cacheParts } from './parts.ts';
import type { CachePart, WarmRow } from './parts.ts';

const KINDS = ['tag', 'url', 'pattern', 'all'] as const;
/** What the cache expects of each. */
const MEANT: Readonly<Record<(typeof KINDS)[number], string>> = {
  tag: 'value to be a tag that the cache takes',
  url: 'value to be a path or a URL of this application',
  pattern: 'value to be a pattern as /products/** that the cache takes',
  all: 'nothing else',
};
const MAX_VALUE = 2048;
const MAX_URLS = 100;

/** What is to be purged. */
interface Wish {
  readonly kind: (typeof KINDS)[number];
  readonly value: string;
  readonly soft: boolean;
}

/** What came of a purge. */
export interface PurgeAnswer {
  /** Whether every tier took it; what one did not take it is told again. */
  readonly ok: boolean;
  /** Responses that were in memory; null: they are not counted. */
  readonly purged: number | null;
  /** All of it in a sentence. */
  readonly text: string;
}

/** What actions stand on. */
export interface ActionParts {
  readonly app: FastifyInstance;
  readonly isOn: boolean;
  readonly showKeys: boolean;
  readonly events: Events;
  readonly accepts: (token: unknown) => boolean;
}

type Result = { readonly ok: boolean; readonly purged?: number };

/** Whether an action may be taken.
 * @throws CATZ_MONITOR_ACTIONS_OFF, CATZ_MONITOR_TOKEN */
export function checkAction(
  request: FastifyRequest,
  { isOn, accepts }: Pick<ActionParts, 'isOn' | 'accepts'>,
): void {
  if (!isOn) throw new errors.ACTIONS_OFF();
  const isOurs = accepts(request.headers['x-catzilla-token']);
  // A browser says with every POST where it comes from.
  if (siteOf(request) !== 'same' || !isOurs) throw new errors.TOKEN();
}

/** Purges.
 * @throws (rejects) CATZ_MONITOR_ACTION, CATZ_MONITOR_NO_PART */
export async function purge(parts: ActionParts, body: unknown): Promise<PurgeAnswer> {
  const { app, events, showKeys } = parts;
  const wish = readWish(body);
  const result = await refusing(MEANT[wish.kind], () => purgeIn(app, wish));
  app.log.info({ ...wish, ...result }, 'dashboard: purge');
  const text = sentence(wish, result);
  events.add('action', () => ({
    level: result.ok ? 'info' : 'warn',
    text: `from the dashboard: ${showKeys ? text : purgeText(hidden(wish), false)}`,
  }));
  return { ok: result.ok, purged: result.purged ?? null, text };
}

/** Warms. Each URL has the time that the cache gives it.
 * @param signal  gives up what is left, which is then said of each
 * @throws (rejects) CATZ_MONITOR_ACTION, CATZ_MONITOR_NO_PART */
export async function warm(
  { app, events }: ActionParts,
  body: unknown,
  signal: AbortSignal,
): Promise<{ readonly results: readonly WarmRow[] }> {
  const urls = readUrls(body);
  const cache = responseCache(app);
  const results = await refusing('each of urls to be a path or a URL of this application', () =>
    cache.warm(urls, { signal }),
  );
  const stored = results.filter((row) => row.stored).length;
  app.log.info({ urls: urls.length, stored }, 'dashboard: warm');
  events.add('action', () => ({
    level: stored === urls.length ? 'info' : 'warn',
    text: `from the dashboard: ${stored} of ${urls.length} URLs warmed`,
  }));
  return { results };
}

async function purgeIn(app: FastifyInstance, { kind, value, soft }: Wish): Promise<Result> {
  const { cache, tiers } = cacheParts(app);
  if (cache === undefined && tiers !== undefined) {
    if (kind === 'tag') return tiers.invalidateTags([value], { soft });
    if (kind === 'all' && !soft) return tiers.clear();
  }
  const responses = responseCache(app);
  switch (kind) {
    case 'tag':
      return responses.purgeTags([value], { soft });
    case 'url':
      return responses.purge(value, { soft });
    case 'pattern':
      return responses.purgePath(value, { soft });
    case 'all':
      return responses.purgeAll({ soft });
  }
}

function responseCache(app: FastifyInstance): CachePart {
  const { cache } = cacheParts(app);
  if (cache === undefined) throw new errors.NO_PART('response cache');
  return cache;
}

// What the cache does not take is for the person at the page; anything else is a fault.
async function refusing<T>(expected: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const isMisuse = cause instanceof TypeError && 'code' in cause;
    throw isMisuse ? new errors.ACTION(`${expected}: ${cause.message}`, { cause }) : cause;
  }
}

function readWish(body: unknown): Wish {
  const { kind, value = '', soft = false } = objectOf(body);
  if (!(KINDS as readonly unknown[]).includes(kind)) {
    throw new errors.ACTION(`kind to be one of ${KINDS.join(', ')}`);
  }
  if (typeof soft !== 'boolean') throw new errors.ACTION('soft to be true or false');
  const wish = { kind: kind as Wish['kind'], soft };
  if (kind === 'all') return { ...wish, value: '' };
  if (!isText(value)) {
    throw new errors.ACTION(`value to be a text of 1 to ${MAX_VALUE} characters`);
  }
  return { ...wish, value };
}

function readUrls(body: unknown): readonly string[] {
  const { urls } = objectOf(body);
  const fits = Array.isArray(urls) && urls.length > 0 && urls.length <= MAX_URLS;
  if (!fits || !urls.every(isText)) {
    throw new errors.ACTION(`urls to be a list of 1 to ${MAX_URLS} texts`);
  }
  return urls as readonly string[];
}

function objectOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
    return body as Readonly<Record<string, unknown>>;
  }
  throw new errors.ACTION('a body that is an object of JSON');
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_VALUE;
}

function sentence(wish: Wish, { ok, purged }: Result): string {
  const text = purgeText(shown(wish), true);
  const count = purged === undefined ? '' : ` (${purged} in memory)`;
  return `${text}${count}${ok ? '' : '; not every tier has taken it yet, and will be told again'}`;
}

function shown({ kind, value, soft }: Wish): Parameters<typeof purgeText>[0] {
  if (kind === 'tag') return { kind: 'tags', tags: [value], soft };
  if (kind === 'url') return { kind, urls: [{ target: value }], soft };
  if (kind === 'pattern') return { kind, pattern: value, soft };
  return { kind, soft };
}

function hidden(wish: Wish): Parameters<typeof purgeText>[0] {
  return shown({ ...wish, value: '' });
}
