// Options as BullMQ stores them: a member that is null or undefined is one that is not there.
import type { Json } from '../engine/command.ts';

/** A copy without such members, at any depth; lists keep theirs. */
export function withoutNulls(options: { readonly [key: string]: Json }): {
  [key: string]: Json;
} {
  const kept: { [key: string]: Json } = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined) continue;
    kept[name] = isObject(value) ? withoutNulls(value) : value;
  }
  return kept;
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
