// Reading what other packages tell, in whatever release they are.
// Invariant: what is not there or of another kind reads as nothing; nothing here throws.

/** Something whose fields are looked at. */
export type Loose = { readonly [name: string]: unknown };

/** The value as something with fields; empty where it is none. */
export function fields(value: unknown): Loose {
  return typeof value === 'object' && value !== null ? (value as Loose) : {};
}

/** A finite number, or 0. */
export function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** A finite number, or undefined. */
export function measured(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A text, or what stands for none. */
export function text(value: unknown, none = ''): string {
  return typeof value === 'string' ? value : none;
}

/** The items of an array. */
export function items(value: unknown): readonly Loose[] {
  return Array.isArray(value)
    ? value.filter((item) => typeof item === 'object' && item !== null)
    : [];
}

/** Counts by name. */
export function countsByName(value: unknown): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [name, each] of Object.entries(fields(value))) counts[name] = count(each);
  return counts;
}

/** Calls a method, if there is one. */
export function call(target: unknown, name: string): unknown {
  const method = fields(target)[name];
  return typeof method === 'function' ? (method.call(target) as unknown) : undefined;
}
