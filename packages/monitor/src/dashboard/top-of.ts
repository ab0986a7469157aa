// The few largest of many, without sorting the many.

/** One of the largest, and where it stood. */
export interface Placed<T> {
  readonly item: T;
  readonly at: number;
}

/** The `count` largest, largest first; what is equal keeps its order. Cost: one score of each, and a step for each of those
 * that are among the largest so far.
 * @param score  by its first number, then by its second */
export function topOf<T>(
  items: readonly T[],
  count: number,
  score: (item: T, at: number) => readonly [number, number],
): readonly Placed<T>[] {
  const top: (Placed<T> & { readonly score: readonly [number, number] })[] = [];
  for (let at = 0; at < items.length; at++) {
    const item = items[at]!;
    const own = score(item, at);
    let place = top.length;
    while (place > 0 && isLess(top[place - 1]!.score, own)) place--;
    if (place >= count) continue;
    top.splice(place, 0, { item, at, score: own });
    if (top.length > count) top.pop();
  }
  return top;
}

function isLess(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}
