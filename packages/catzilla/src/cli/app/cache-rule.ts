// How a route is cached, in a few words: off, by what the response says, or by the nearest ttl or preset.
// Invariant: whether it is cached at all is what the cache itself says (routeStats); the words are read from the options.
import type { FastifyInstance } from 'fastify';
import { isPlain } from '../../options/plain.ts';
import { durationText } from '../units.ts';
import type { DeclaredRoute } from './load-quietly.ts';

/** Options of a level that matter here, as users write them. */
interface Level {
  readonly ttl?: unknown;
  readonly preset?: unknown;
  readonly path?: unknown;
}

/** Words for a route.
 * @param method  one that it has
 * @param url     its pattern
 * @returns '' where a cache has nothing to do with it: no cache, or no method that it answers */
export function cacheRule(
  app: FastifyInstance,
  method: string,
  url: string,
  declared: DeclaredRoute | undefined,
): string {
  const instance = declared?.instance ?? app;
  if ((instance as Partial<FastifyInstance>).cache === undefined) return '';
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return '';
  const isCovered = instance.cache
    .routeStats()
    .some((route) => route.url === url && route.method.split(',').includes(method));
  if (!isCovered) return method === 'POST' ? '' : 'off';
  return wordsOf(app, url, declared?.cache);
}

function wordsOf({ config }: FastifyInstance, url: string, own: unknown): string {
  const plugin = (config as FastifyInstance['config'] | undefined)?.cache;
  const options: Level & { rules?: readonly Level[] } = isPlain(plugin) ? plugin : {};
  const rule = options.rules?.find(({ path }) => matches(path, url));
  const named: readonly (readonly [Level, string])[] = [
    [isPlain(own) ? own : {}, ''],
    [rule ?? {}, rule === undefined ? '' : `, rule ${patternText(rule.path)}`],
    [options, ''],
  ];
  for (const [level, suffix] of named) {
    const words = levelWords(level);
    if (words !== '') return `${words}${suffix}`;
  }
  return `by response${named[1]![1]}`;
}

function levelWords({ ttl, preset }: Level): string {
  const words = typeof preset === 'string' ? [`preset ${preset}`] : [];
  if (ttl === false || ttl === 0) words.push('no ttl');
  if (typeof ttl === 'number' && ttl > 0) words.push(`ttl ${durationText(ttl)}`);
  if (isPlain(ttl)) words.push('ttl by status');
  return words.join(', ');
}

// Of a route's template, whose parameters `*` matches as it does their values.
function matches(path: unknown, url: string): boolean {
  const patterns: readonly unknown[] = Array.isArray(path) ? path : [path];
  return patterns.some((pattern) => {
    if (pattern instanceof RegExp) return new RegExp(pattern.source, pattern.flags).test(url);
    return typeof pattern === 'string' && globOf(pattern).test(url);
  });
}

function globOf(pattern: string): RegExp {
  const parts = pattern
    .split('/')
    .slice(1)
    .map((segment) => {
      if (segment === '**') return '(?:/.*)?';
      return `/${segment.split('*').map(escaped).join('[^/]*')}`;
    });
  return new RegExp(`^${parts.join('')}$`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function patternText(path: unknown): string {
  return (Array.isArray(path) ? path : [path]).map(String).join(' ');
}
