// What one reply says of its time: Server-Timing (W3C). Times are ms, with tenths; the field is made when the head is written.
import { errors } from '../errors.ts';
import { show } from '@catzilla/common';

/** A token of HTTP. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
/** What may stand between quotes without more ado; the rest is left out. */
const NOT_PLAIN = /[^\t\x20-\x21\x23-\x5b\x5d-\x7e]/g;
/** How many a handler may add to a reply: a header has its limits. */
const MOST = 32;

/** Times of one reply. */
export class Timings {
  readonly #begun: number = performance.now();
  readonly #added: string[] = [];
  #handler: { readonly from: number; to: number | undefined } | undefined;

  /** The handler begins. */
  enter(): void {
    this.#handler ??= { from: performance.now(), to: undefined };
  }

  /** The handler has ended. One that never says so ends with the head. */
  leave(): void {
    if (this.#handler !== undefined) this.#handler.to ??= performance.now();
  }

  /** Adds a time of the application's own; beyond 32 they are dropped. */
  add(metric: string): void {
    if (this.#added.length < MOST) this.#added.push(metric);
  }

  /** The field, as of now.
   * @param cacheStatus  the reply's Cache-Status, where it has one */
  field(cacheStatus: string | undefined): string {
    const now = performance.now();
    const all = [metricText('total', now - this.#begun)];
    const outcome = outcomeOf(cacheStatus);
    if (outcome !== undefined) all.push(metricText('cache', undefined, outcome));
    if (this.#handler !== undefined) {
      const { from, to = now } = this.#handler;
      all.push(metricText('handler', to - from));
    }
    return [...all, ...this.#added].join(', ');
  }
}

/** One time as it stands in the field.
 * @throws CATZ_MONITOR_OPTION for a name that is no token, or a time that is no number of at least 0 */
export function metricText(name: string, ms?: number, description?: string): string {
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new errors.OPTION(
      `expected the name of a timing to be a token of at most 64 characters, got ${show(name)}`,
    );
  }
  if (ms !== undefined && !(Number.isFinite(ms) && ms >= 0)) {
    throw new errors.OPTION(
      `expected the time of a timing to be a duration in ms, got ${show(ms)}`,
    );
  }
  const desc = description === undefined ? '' : `;desc="${description.replace(NOT_PLAIN, '')}"`;
  return `${name}${desc}${ms === undefined ? '' : `;dur=${Math.round(ms * 10) / 10}`}`;
}

// What our own cache said, which is the nearest and so the last: 'hit', or why it forwarded.
function outcomeOf(cacheStatus: string | undefined): string | undefined {
  const last = cacheStatus?.slice(cacheStatus.lastIndexOf(',') + 1) ?? '';
  const [, outcome] = /;\s*(?:fwd=)?(hit|[a-z-]+)/.exec(last) ?? [];
  return outcome;
}
