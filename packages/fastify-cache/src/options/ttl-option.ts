// Specs of the options about lifetimes: ttl, statuses, the stale windows, heuristic freshness.
// Invariant: no ttl is given to a status that no ttl can make cacheable. What levels make of them together is merge.ts.
import { checkOptions, custom, duration, int, optional, show } from '@catzilla/common';
import type { OptionSpec } from '@catzilla/common';
import { expected, withoutUndefined } from './spec-parts.ts';
import type { Checked } from './spec-parts.ts';
import type { HeuristicOptions, StatusTtl } from './types.ts';

const ttlMs = duration({ allowZero: true, allowInfinity: true });

/** ms after the lifetime; 0: none; Infinity: as long as a lifetime can be. */
export const stalePeriod: OptionSpec<number> = duration({ allowZero: true, allowInfinity: true });

/** A status that a plain ttl may apply to. */
export const status: OptionSpec<number> = {
  check(value, site) {
    const code = int({ min: 200, max: 599 }).check(value, site);
    const fault = statusFault(code);
    if (fault !== undefined) throw expected(fault, value, site);
    return code;
  },
};

/** ms, false, or ms by status. */
export const ttl: OptionSpec<number | false | StatusTtl> = {
  check(value, site) {
    if (value === false) return false;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return ttlMs.check(value, { ...site, or: 'false, a duration by status' });
    }
    const byStatus: Record<string, number> = {};
    for (const [key, entry] of Object.entries(value)) {
      const at = { path: `${site.path}[${show(key)}]`, error: site.error };
      byStatus[key] = ttlMs.check(entry, at);
      if (/^[2-5]xx$/.test(key)) continue;
      if (!/^[2-5]\d\d$/.test(key)) {
        throw site.error(
          `expected the keys of ${site.path} to be statuses from 200 to 599 or 2xx to 5xx, got ${show(key)}`,
        );
      }
      const fault = statusFault(Number(key));
      if (fault !== undefined && entry !== 0) throw expected(`0: ${fault}`, entry, at);
    }
    if (Object.keys(byStatus).length === 0) {
      throw expected('a duration by status with at least one status', value, site);
    }
    return Object.freeze(byStatus) as StatusTtl;
  },
};

/** On, off, or with limits. */
export const heuristic: OptionSpec<boolean | HeuristicOptions> = {
  check(value, site) {
    if (typeof value === 'boolean') return value;
    const checked = checkOptions<Checked<HeuristicOptions>>(
      value,
      { fraction: optional(fraction), max: optional(duration()) },
      { ...site, or: 'true, false' },
    );
    return withoutUndefined<HeuristicOptions>(checked);
  },
};

const fraction = custom(
  'a number above 0 and at most 0.5',
  (value): value is number => typeof value === 'number' && value > 0 && value <= 0.5,
);

// Statuses no ttl can make cacheable.
function statusFault(code: number): string | undefined {
  if (code === 206 || code === 304) return 'a status that is no whole response of its own';
  if (code === 302 || code === 303 || code === 307) {
    return 'no redirect that may depend on who asks: these are stored only where the response itself says so';
  }
  return undefined;
}
