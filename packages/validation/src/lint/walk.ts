// Visits every schema that a value of a JSON Schema can meet, refs followed, each once.
// Invariant: ends for recursive schemas; a boolean schema is not visited. What is asked of each is the visitor's affair.
import { pointerTo } from '../issue/pointer.ts';
import { isObject, resolveRef } from './resolve-ref.ts';
import type { RefScope } from './resolve-ref.ts';

/** A schema on the way. */
export interface Visit {
  readonly schema: Readonly<Record<string, unknown>>;
  /** A JSON Pointer into the schema that the walk began with, through refs. */
  readonly pointer: string;
  /** A schema around it, for the same value, closes the object. */
  readonly isClosed: boolean;
  readonly scope: RefScope;
}

/** Keywords that hold one schema, a list, or a map of them; `same`: for the same value as the schema that holds them. */
const HOLD_ONE = [
  'items',
  'additionalItems',
  'additionalProperties',
  'unevaluatedItems',
  'unevaluatedProperties',
  'contains',
  'propertyNames',
];
const HOLD_MANY = ['items', 'prefixItems'];
const HOLD_MAP = ['properties', 'patternProperties'];
const SAME_ONE = ['if', 'then', 'else'];
const SAME_MANY = ['allOf', 'anyOf', 'oneOf'];
const SAME_MAP = ['dependentSchemas', 'dependencies'];

/** Walks a schema. `visit` is called for each schema in it. */
export function walk(schema: unknown, scope: RefScope, visit: (at: Visit) => void): void {
  const seen = new Set<unknown>();
  const step = (value: unknown, pointer: string, isClosed: boolean, at: RefScope): void => {
    if (!isObject(value) || seen.has(value)) return;
    seen.add(value);
    visit({ schema: value, pointer, isClosed, scope: at });
    const closed = isClosed || closes(value);
    const ref = value['$ref'];
    const target = typeof ref === 'string' ? resolveRef(ref, at) : undefined;
    if (target !== undefined) step(target.schema, pointer, closed, target.scope);
    for (const [name, part, isSame] of partsOf(value)) {
      step(part, `${pointer}/${name}`, isSame && closed, at);
    }
  };
  step(schema, '', false, scope);
}

/** Whether a schema refuses or drops the fields of an object that it does not name. */
export function closes(schema: Readonly<Record<string, unknown>>): boolean {
  return schema['additionalProperties'] === false || schema['unevaluatedProperties'] === false;
}

function* partsOf(
  schema: Readonly<Record<string, unknown>>,
): Generator<readonly [name: string, part: unknown, isSame: boolean]> {
  for (const key of [...HOLD_ONE, ...SAME_ONE]) {
    yield [key, schema[key], SAME_ONE.includes(key)];
  }
  for (const key of [...HOLD_MANY, ...SAME_MANY]) {
    const parts = schema[key];
    if (!Array.isArray(parts)) continue;
    for (const [i, part] of parts.entries()) yield [`${key}/${i}`, part, SAME_MANY.includes(key)];
  }
  for (const key of [...HOLD_MAP, ...SAME_MAP]) {
    const parts = schema[key];
    if (!isObject(parts)) continue;
    for (const [name, part] of Object.entries(parts)) {
      yield [key + pointerTo('', name), part, SAME_MAP.includes(key)];
    }
  }
}
