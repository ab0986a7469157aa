// Options over options: what the command line says over what a module exports.
import { isPlain } from '../options/plain.ts';

/** Lays options over others, name by name and to their depth; arrays and what is no plain object are replaced whole. */
export function merge(below: object, above: object): object {
  const merged: Record<string, unknown> = { ...below };
  for (const [name, value] of Object.entries(above)) {
    if (value === undefined) continue;
    const old = merged[name];
    merged[name] = isPlain(old) && isPlain(value) ? merge(old, value) : value;
  }
  return merged;
}
