// Purges: which one comes next, what it concerns, and from when on which versions may not be seen any more.
// Invariant: items are changed before the purge begins, and floors are raised after it has returned: at once for a hard one,
// after the item's window for a soft one, for until then a stale version may be answered. The window of what was purged softly
// begins where its lifetime would have ended.
import { HOST, ITEMS } from './site.mjs';
import { pick } from './random.mjs';

/** How often each comes. */
const WAYS = { path: 300, absolute: 300, batch: 60, pattern: 30, kind: 4, all: 1 };
/** ms more than a window: clocks of the engine are coarse. */
const SLACK = 250;

/** @typedef {object} Purge
 *  @property {'url' | 'tag' | 'pattern' | 'all'} by
 *  @property {string} value
 *  @property {boolean} soft
 *  @property {readonly import('./site.mjs').Item[]} items  what it concerns */

/** @returns {Purge} */
export function choosePurge(random) {
  const way = pick(WAYS, random);
  const soft = random(3) === 0;
  const item = ITEMS[random(ITEMS.length)];
  switch (way) {
    case 'path':
      return { by: 'url', value: item.url, soft, items: [item] };
    case 'absolute':
      return { by: 'url', value: `http://${HOST}${item.url}`, soft, items: [item] };
    case 'batch':
      return { by: 'tag', value: item.batch, soft, items: alike(item, 'batch') };
    case 'kind':
      return { by: 'tag', value: `kind:${item.kind}`, soft, items: alike(item, 'kind') };
    case 'pattern':
      return { by: 'pattern', value: `/${item.group}/**`, soft, items: alike(item, 'group') };
    default:
      return { by: 'all', value: '', soft, items: ITEMS };
  }
}

/** Changes what a purge concerns; some purges come without a change.
 * @returns the versions that may not be undercut once it has come to act, by item */
export function changeFor({ items }, board, random) {
  const isChange = random(5) !== 0;
  return items.map(({ index }) => (isChange ? board.change(index) : board.version(index)));
}

/** Raises the floors for a purge that has returned.
 * @param options.instance  where it was made
 * @param options.lag       ms in which other instances must have heard of it; 0: they share its memory */
export function raiseFor({ items, soft }, versions, { board, instance, lag }) {
  items.forEach((item, i) => {
    const wait = soft && item.window > 0 ? item.window + SLACK : 0;
    for (let at = 0; at < board.instances; at++) {
      later(wait + (at === instance ? 0 : lag), () => board.raise(at, item.index, versions[i]));
    }
  });
}

function later(wait, work) {
  if (wait === 0) work();
  else setTimeout(() => work(), wait).unref();
}

function alike(item, property) {
  return ITEMS.filter((other) => other[property] === item[property]);
}
