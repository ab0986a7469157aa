// Parameters of an operation from the schema of query, params, headers or cookies: its properties, one by one.
// Invariant: refs and compositions are looked through; a name that only one branch of a union asks for is not required.
import { isObject, resolveRef } from '../lint/resolve-ref.ts';
import type { RefScope } from '../lint/resolve-ref.ts';

/** One parameter. */
export interface Parameter {
  readonly schema: unknown;
  readonly scope: RefScope;
  readonly isRequired: boolean;
}

/** Parameters by name, in the order of their declaration. */
export function parametersOf(schema: unknown, scope: RefScope): ReadonlyMap<string, Parameter> {
  const found = new Map<string, Parameter>();
  collect(schema, scope, true, found, new Set());
  return found;
}

function collect(
  schema: unknown,
  scope: RefScope,
  isCertain: boolean,
  found: Map<string, Parameter>,
  seen: Set<unknown>,
): void {
  if (!isObject(schema) || seen.has(schema)) return;
  seen.add(schema);
  const { $ref: ref, properties, required, allOf, anyOf, oneOf } = schema;
  if (typeof ref === 'string') {
    const target = resolveRef(ref, scope);
    if (target) collect(target.schema, target.scope, isCertain, found, seen);
  }
  for (const [name, part] of Object.entries(isObject(properties) ? properties : {})) {
    const isRequired = isCertain && Array.isArray(required) && required.includes(name);
    const known = found.get(name);
    if (known === undefined) found.set(name, { schema: part, scope, isRequired });
    else if (isRequired) found.set(name, { ...known, isRequired });
  }
  for (const branch of listOf(allOf)) collect(branch, scope, isCertain, found, seen);
  for (const branch of [...listOf(anyOf), ...listOf(oneOf)]) {
    collect(branch, scope, false, found, seen);
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
