// No-Vary-Search (draft-ietf-httpbis-no-vary-search): a response that says which query parameters make no difference answers
// other URLs of its path too. It is stored under the one form that all their queries have, and beside the entries stands, by
// path, what the newest response there said, so that requests find the form.
// Invariant: a response is stored under a form that its own field gives, and else under its URL: what another response said
// never makes it answer for more. Only routes with the option `noVarySearch` come here.
import type { FieldValue } from '@catzilla/http';
import { engineKey } from './key/primary-key.ts';
import { canonicalSearch, parseNoVarySearch } from './rfc/no-vary-search.ts';
import type { NoVarySearch } from './rfc/no-vary-search.ts';
import type { Scope } from './scope.ts';

/** The key that a response is stored under, by what it says of queries; this is remembered for its path. Never throws.
 * @param key  the full primary key of its URL
 * @param ttl  ms it is of any use */
export function keyOfSearch(scope: Scope, key: string, value: FieldValue, ttl: number): string {
  const policy = parseNoVarySearch(value);
  if (policy === undefined) return key;
  scope.tiered
    .set(ruleKey(scope, key), Buffer.from(String(value)), { ttl, grace: 0 })
    .catch((error: unknown) => scope.fault('set', error));
  return canonicalKey(key, policy);
}

/** The key under which a response of an equivalent URL would be stored; the key itself where nothing is known of its path.
 * Never throws. */
export function equivalentKey(scope: Scope, key: string): string {
  try {
    const value = scope.tiered.getEntrySync(ruleKey(scope, key))?.value;
    const policy = Buffer.isBuffer(value) ? parseNoVarySearch(value.toString()) : undefined;
    return policy === undefined ? key : canonicalKey(key, policy);
  } catch (error) {
    scope.fault('get', error);
    return key;
  }
}

function canonicalKey(key: string, policy: NoVarySearch): string {
  const mark = key.indexOf('?');
  const search = canonicalSearch(policy, mark === -1 ? '' : key.slice(mark + 1));
  const base = mark === -1 ? key : key.slice(0, mark);
  return search === '' ? base : `${base}?${search}`;
}

function ruleKey(scope: Scope, key: string): string {
  const mark = key.indexOf('?');
  return engineKey(`s1|${scope.settings.namespace}|${mark === -1 ? key : key.slice(0, mark)}`);
}
