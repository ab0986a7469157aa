// When a stale response may be used all the same (RFC 9111 4.2.4, RFC 5861), and how it is used at any moment.
// Invariant: nothing here permits what must-revalidate, proxy-revalidate, s-maxage or no-cache forbid; what the response
// says about itself comes before what the policy says for it.
import type { CacheControl } from './parse-cache-control.ts';
import { maxLifetime } from './freshness.ts';

/** How long after its freshness a response may be used, ms; 0: not at all. */
export interface StaleWindows {
  /** While it is refreshed in the background (RFC 5861 3). */
  readonly revalidate: number;
  /** In place of an error (RFC 5861 4). */
  readonly error: number;
  /** While the application is overloaded. */
  readonly overload: number;
}

/** No permission. */
export const NO_STALE: StaleWindows = Object.freeze({ revalidate: 0, error: 0, overload: 0 });

/** Whether nothing may be answered from a response once it is stale (RFC 9111 5.2.2.2, 5.2.2.8, 5.2.2.10; 5.2.2.4). */
export function forbidsStale(cacheControl: CacheControl): boolean {
  return (
    cacheControl.mustRevalidate ||
    cacheControl.proxyRevalidate ||
    cacheControl.sMaxage !== undefined ||
    cacheControl.noCache === true
  );
}

/** The windows of a response: those it names, else those of the policy. */
export function staleWindows(cacheControl: CacheControl, policy: StaleWindows): StaleWindows {
  if (forbidsStale(cacheControl)) return NO_STALE;
  return {
    revalidate: inMs(cacheControl.staleWhileRevalidate) ?? policy.revalidate,
    error: inMs(cacheControl.staleIfError) ?? policy.error,
    overload: policy.overload,
  };
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.min(seconds * 1000, maxLifetime);
}
