// What clients are told about keeping a response, where that is not what the cache itself goes by.
// Invariant: told fields replace Cache-Control and Expires, Age is left out and Date is now: a client that counted the time
// in this cache as its own would always find the response old (RFC 9213 2.3).
import { show } from '@catzilla/common';
import { formatHttpDate, isWritable } from '@catzilla/http';
import type { EntryHead } from '../entry/entry.ts';
import type { RoutePolicy } from '../options/policy.ts';
import type { StoredField } from '../rfc/stored-headers.ts';

type Told = NonNullable<RoutePolicy['clientCacheControl']>;
type Facts = Pick<EntryHead, 'status' | 'key' | 'lifetimeMs' | 'bornAt'>;

/** The fields as clients see them. A function that throws, or gives what is no field value, says `no-store`: whatever was
 * meant, nobody keeps it by mistake. */
export function toldFields(
  fields: readonly StoredField[],
  told: Told,
  facts: Facts,
  now: number,
): readonly StoredField[] {
  const others = fields.filter(
    ([name]) => name !== 'cache-control' && name !== 'expires' && name !== 'date',
  );
  return [...others, ['date', formatHttpDate(now)], ['cache-control', valueOf(told, facts, now)]];
}

function valueOf(told: Told, facts: Facts, now: number): string {
  if (typeof told === 'string') return told;
  const { status, key, lifetimeMs: lifetime, bornAt } = facts;
  try {
    const ttl = bornAt + lifetime - now;
    const value: unknown = told({ status, ttl, lifetime, url: urlOf(key) });
    if (typeof value === 'string' && value.trim() !== '' && isWritable('cache-control', value)) {
      return value;
    }
    // Its rejection would end the process.
    if (value instanceof Promise) value.catch(() => undefined);
    warnOnce(told, `gave what is no field value: ${show(value)}`);
  } catch (error) {
    warnOnce(told, `threw ${error instanceof Error ? error.message : String(error)}`);
  }
  return 'no-store';
}

const warned: WeakSet<object> = new WeakSet();

function warnOnce(told: Exclude<Told, string>, what: string): void {
  if (warned.has(told)) return;
  warned.add(told);
  process.emitWarning(`clientCacheControl ${what}; clients are told no-store`, {
    code: 'CATZ_WARN_FASTIFY_CACHE_CLIENT_CONTROL',
  });
}

// Version, namespace, scheme and host stand before it, variants behind a line feed.
function urlOf(key: string): string {
  const target = key.split('|').slice(4).join('|');
  const end = target.indexOf('\n');
  return end === -1 ? target : target.slice(0, end);
}
