// Which kind of schema a value is: the one place that decides, so that no part of a route can pass unchecked.
// Invariant: a value that is neither kind is refused by name; nothing is ever taken for an empty schema.
import { show } from '@catzilla/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { errors } from '../errors.ts';

/** JSON Schema (and TypeBox, which writes it), or a Standard Schema. */
export type SchemaKind = 'json' | 'standard';

/** A JSON Schema: an object, or true (everything) or false (nothing). */
export type JsonSchema = Readonly<Record<string, unknown>> | boolean;

/** What kind of schema a value is.
 * @returns undefined when it is none: a class of some library, an array, a function, null */
export function schemaKind(value: unknown): SchemaKind | undefined {
  if (isStandard(value)) return 'standard';
  if (typeof value === 'boolean') return 'json';
  if (typeof value !== 'object' || value === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || isFluent(value)
    ? 'json'
    : undefined;
}

/** Whether a value is a Standard Schema (https://standardschema.dev). Some are functions. */
export function isStandard(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const props = (value as Partial<StandardSchemaV1>)['~standard'];
  return (
    typeof props === 'object' &&
    props !== null &&
    props.version === 1 &&
    typeof props.validate === 'function'
  );
}

/** Refuses what is no schema, and what would only look checked.
 * @param place  for the message: `the body of POST /users`
 * @throws CATZ_VALIDATION_SCHEMA */
export function requireSchema(value: unknown, place: string): SchemaKind {
  const kind = schemaKind(value);
  if (kind === undefined) {
    throw new errors.SCHEMA(
      `expected the schema of ${place} to be a JSON Schema, TypeBox or a Standard Schema, got ${show(value)}`,
    );
  }
  if (kind === 'json' && typeof value === 'object') {
    refuseUnchecked(plainSchema(value as object), place);
  }
  return kind;
}

// What ajv would pass over in silence: rules of TypeBox that are functions, schemas that answer with a promise, and an object
// of Standard Schemas where the library's own object was meant.
function refuseUnchecked(schema: object, place: string): void {
  const seen = new Set<object>();
  const open: object[] = [schema];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    const hidden = HIDDEN.find((name) => Object.hasOwn(node, name));
    if (hidden !== undefined) {
      throw new errors.SCHEMA(
        `the schema of ${place} has a rule in code (Type.${hidden === '~refine' ? 'Refine' : 'Codec'}), which JSON Schema cannot hold`,
      );
    }
    if ((node as { $async?: unknown }).$async === true) {
      throw new errors.SCHEMA(
        `the schema of ${place} is an asynchronous JSON Schema ($async); use a Standard Schema with config.validation.async`,
      );
    }
    for (const [name, value] of Object.entries(node)) {
      if (isStandard(value)) {
        throw new errors.SCHEMA(
          `the schema of ${place} has a Standard Schema inside (${name.slice(0, 64)}); make the whole of it one`,
        );
      }
      if (typeof value === 'object' && value !== null) open.push(value);
    }
  }
}

const HIDDEN = ['~refine', '~codec'] as const;

/** The JSON Schema itself: fluent-json-schema makes objects that hold one, and Fastify takes it out only when it starts. */
export function plainSchema<S extends object>(schema: S): S {
  return isFluent(schema) ? (schema.valueOf() as S) : schema;
}

const FLUENT = Symbol.for('fluent-schema-object');

function isFluent(value: object): boolean {
  const fluent = value as Record<PropertyKey, unknown>;
  return Boolean(fluent['isFluentSchema'] ?? fluent['isFluentJSONSchema'] ?? fluent[FLUENT]);
}
