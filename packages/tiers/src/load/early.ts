// Whether a value that is still fresh should be computed anew in the background, so that it never expires under load.
// Source: Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015 (XFetch):
// refresh when now - cost × beta × ln(rand) ≥ expiry. The dearer the factory and the nearer the end, the likelier; each
// process decides for itself, and on average one begins in time.
import type { Entry } from '../entry.ts';
import type { EarlyRule } from './plan.ts';

/** -ln of the smallest number that 1 - Math.random() gives, 2^-53, rounded up: beyond it no throw of the dice is due. */
const MAX_EXPONENTIAL = 37;

/** Whether a fresh entry is to be refreshed now. Never for one without an end, or of unknown cost under XFetch. HOT
 * @param now     wall clock, ms
 * @param random  as Math.random */
export function isDue(
  rule: Exclude<EarlyRule, false>,
  entry: Entry,
  now: number,
  random: () => number = Math.random,
): boolean {
  const { created, expiresAt } = entry;
  if ('after' in rule) return now >= created / 1000 + rule.after * (expiresAt - created / 1000);
  const left = expiresAt - now;
  const scale = entry.cost * rule.beta;
  // Most hits end here, without dice and logarithm. Written so that NaN ends here too.
  if (!(left <= scale * MAX_EXPONENTIAL)) return false;
  // Above 0, for ln(0) is minus infinity.
  return left <= -scale * Math.log(1 - random());
}
