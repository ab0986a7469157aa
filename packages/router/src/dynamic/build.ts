// Builds the table of one commit: one rebuild, however many routes have come and gone.
import type { BuiltTable } from '../table/built-table.ts';
import { RouteTable } from '../table/route-table.ts';
import type { RouteTableOptions } from '../table/options.ts';
import type { Entry } from './entry.ts';

/** Builds it.
 * @param exposesHead  whether GET routes answer HEAD, too
 * @returns the table, and whether HEAD has a tree of its own: it needs one only beside routes of HEAD themselves, of which
 *   each stands in the place of what a GET route would answer */
export function buildTable(
  entries: readonly Entry[],
  options: RouteTableOptions,
  exposesHead: boolean,
): { table: BuiltTable<Entry>; hasHead: boolean } {
  const table = new RouteTable<Entry>(options);
  const heads = new Set<string>();
  for (const entry of entries) {
    const { method } = entry.route;
    for (const { path, key } of entry.place.paths) {
      table.add(method, path, entry);
      if (method === 'HEAD') heads.add(key);
    }
  }
  if (!exposesHead || heads.size === 0) return { table: table.build(), hasHead: heads.size > 0 };
  for (const entry of entries) {
    if (entry.route.method !== 'GET') continue;
    for (const { path, key } of entry.place.paths) {
      if (!heads.has(key.replace('GET', 'HEAD'))) table.add('HEAD', path, entry);
    }
  }
  return { table: table.build(), hasHead: true };
}
