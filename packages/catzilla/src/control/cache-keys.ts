// Keys of the response cache as people read them: URLs.
// Invariant: lists, reads no values, and stops at the limit, however many there are. A key that is no URL's is shown as it is.
import type { FastifyInstance } from 'fastify';

/** One key. */
export interface KeyRow {
  /** `http://host/path?query`; the key as it is where it cannot be read. */
  readonly url: string;
  /** 'url': of the response itself or the index of its variants; 'variant'; 'hashed': too long to be a key in full. */
  readonly kind: 'url' | 'variant' | 'hashed' | 'other';
}

/** What there is. */
export interface KeyList {
  readonly keys: readonly KeyRow[];
  /** There are more. */
  readonly more: boolean;
}

/** What to list. */
export interface KeysArgs {
  /** `/path`: on every host; or the beginning of an absolute URL; '': all. */
  readonly prefix: string;
  readonly limit: number;
}

/** Keys in memory are listed first; where tiers are below it, theirs too, each once. */
export async function listKeys(
  app: FastifyInstance,
  { prefix, limit }: KeysArgs,
): Promise<KeyList> {
  const { tiers, health } = app.cache;
  const found = new Map<string, KeyRow>();
  const states = health().tiers;
  for (const tier of ['memory', 'remote', 'disk'] as const) {
    if (tier !== 'memory' && states[tier] === 'off') continue;
    for await (const key of tiers.keys({ prefix: namespaceOf(app), tier })) {
      const row = readKey(key);
      if (found.has(key) || !isWanted(row, prefix)) continue;
      if (found.size === limit) return { keys: [...found.values()], more: true };
      found.set(key, row);
    }
  }
  return { keys: [...found.values()], more: false };
}

/** Reads `version|namespace|scheme|host|target`, with what Vary selects behind a line feed. */
export function readKey(key: string): KeyRow {
  const [, , scheme, host, ...rest] = key.split('|');
  if (host === undefined || rest.length === 0) return { url: key, kind: 'other' };
  const [target = '', ...variant] = rest.join('|').split('\n');
  const [path = '', ...hash] = target.split('\0');
  const url = `${scheme}://${host}${path}`;
  if (hash.length > 0) return { url: `${url}…`, kind: 'hashed' };
  return { url, kind: variant.length > 0 ? 'variant' : 'url' };
}

function isWanted({ url }: KeyRow, prefix: string): boolean {
  if (!prefix.startsWith('/')) return url.startsWith(prefix);
  const start = url.indexOf('/', url.indexOf('://') + 3);
  return start !== -1 && url.startsWith(prefix, start);
}

function namespaceOf({ config }: FastifyInstance): string | undefined {
  const cache = (config as FastifyInstance['config'] | undefined)?.cache;
  if (cache === undefined || cache === false) return undefined;
  return `1|${cache.namespace ?? 'http'}|`;
}
