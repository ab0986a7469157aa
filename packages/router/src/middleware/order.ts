// The chain of a route as people and tests read it: names, by point.
import { POINTS } from './define.ts';
import type { RouteEntry } from './registration.ts';
import type { MiddlewarePoint } from './types.ts';

/** Names of middleware in the order in which they run. */
export type MiddlewareOrder = Readonly<
  Record<MiddlewarePoint | 'post' | 'after', readonly string[]>
>;

/** Which route is meant, where several have the same pattern. */
export interface OrderOptions {
  /** Those of the route. Default: the route that was declared first. */
  readonly constraints?: Readonly<Record<string, unknown>>;
}

/** The order of an entry; undefined where there is none. */
export function orderOf(
  entries: readonly RouteEntry[],
  { constraints }: OrderOptions = {},
): MiddlewareOrder | undefined {
  const entry =
    constraints === undefined
      ? entries[0]
      : entries.find((one) => isSame(one.constraints, constraints));
  if (entry === undefined) return undefined;
  const { pres, ends, posts, afters } = entry.chain;
  const names = (steps: readonly { readonly middleware: { readonly name: string } }[]): string[] =>
    steps.map(({ middleware: { name } }) => name);
  const pre = POINTS.map((point, i) => [point, names(pres.slice(ends[i - 1] ?? 0, ends[i]))]);
  return {
    ...(Object.fromEntries(pre) as Record<MiddlewarePoint, string[]>),
    post: names(posts),
    after: names(afters),
  };
}

function isSame(a: object = {}, b: object): boolean {
  const [left, right] = [Object.entries(a), Object.entries(b)];
  return (
    left.length === right.length &&
    left.every(([name, value]) => String(value) === String((b as Record<string, unknown>)[name]))
  );
}
