// Replies that say nothing to caches, on routes whose options say nothing either: most replies of an application. They are
// known by one pass over their fields, where storable.ts would parse and copy to come to the same word.
// Invariant: what is called silent here is refused there as 'no-freshness' and by no veto before it; whatever might be
// anything else is left to storable.ts.
import { isWritable } from '@catzilla/http';
import type { FieldValue, Fields } from '@catzilla/http';
import { ttlOf } from './freshness.ts';
import { isEndless } from './storable.ts';
import type { StorePolicy } from './storable.ts';
import { parseVary } from './vary.ts';

/** Fields that may bring freshness or a veto, whatever they say. */
const SPEAKING: ReadonlySet<string> = new Set([
  'cache-control',
  'content-encoding',
  'expires',
  'set-cookie',
  'trailer',
]);
/** Fields remembered of a route, and characters of each: what is beyond is looked at each time. */
const MAX_FIELDS = 64;
const MAX_LENGTH = 1024;

/** Knows the silent replies of one policy; remembers the fields of the last ones, which are mostly those of the next. */
export class SilentReplies {
  readonly policy: StorePolicy;
  readonly #mayBe: boolean;
  // By position: fields come in the order in which the hooks of a route set them.
  readonly #names: string[] = [];
  readonly #values: FieldValue[] = [];

  constructor(policy: StorePolicy) {
    this.policy = policy;
    this.#mayBe = policy.heuristic === undefined && policy.types === undefined;
  }

  /** True where `storable` refuses a whole response to a request for want of freshness alone. HOT: benchmarks/app
   * @param method   of the request
   * @param request  its fields
   * @param status   of the response, which has not come through the error path and has no trailers
   * @param headers  its fields, lower-case
   * @param more     further ones, of lower rank; undefined: none */
  has(
    method: string,
    request: Fields,
    status: number,
    headers: Fields,
    more: Fields | undefined,
  ): boolean {
    if (!this.#mayBe || method !== 'GET') return false;
    if (request['cache-control'] !== undefined || request['authorization'] !== undefined) {
      return false;
    }
    if (!Number.isInteger(status) || status < 200 || status > 599) return false;
    if (status === 206 || status === 304) return false;
    if (ttlOf(this.policy.ttl, status) !== undefined) return false;
    const end = this.#silentUpTo(headers, 0);
    return end >= 0 && (more === undefined || this.#silentUpTo(more, end) >= 0);
  }

  // The position behind the last field; below 0: one of them may say something.
  #silentUpTo(headers: Fields, from: number): number {
    const names = this.#names;
    const values = this.#values;
    let at = from;
    for (const name in headers) {
      const value = headers[name];
      if (names[at] !== name || values[at] !== value) {
        if (!this.#isSilent(name, value)) return -1;
        this.#remember(at, name, value);
      }
      at++;
    }
    return at;
  }

  #isSilent(name: string, value: FieldValue): boolean {
    // A list may be changed in place: it is not remembered, and rare.
    if (typeof value !== 'string' && typeof value !== 'number') return false;
    if (SPEAKING.has(name) || this.policy.targets.includes(name)) return false;
    if (name === 'vary' && parseVary(value) === '*') return false;
    if (name === 'content-type' && isEndless(value)) return false;
    return isWritable(name, value);
  }

  #remember(at: number, name: string, value: FieldValue): void {
    // Without holes: an array with holes is slow for ever.
    if (at > this.#names.length || at >= MAX_FIELDS) return;
    if (typeof value === 'string' && value.length > MAX_LENGTH) return;
    this.#names[at] = name;
    this.#values[at] = value;
  }
}
