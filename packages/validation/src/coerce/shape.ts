// What a JSON Schema says of types, and nothing else: which of them a value may have, by field and item.
// Invariant: where a schema leaves something open, so does its shape: too wide means that a text stays a text, never that
// something else is taken. Conditions (if, not, dependentSchemas) and recursion are open. Values are turned in coercer.ts.
import type { JsonSchema } from '../schema/kind.ts';

/** Types, as bits. A number may be an integer, and has its bit, too. */
export const TYPE = {
  string: 1,
  integer: 2,
  number: 6,
  boolean: 8,
  null: 16,
  array: 32,
  object: 64,
} as const;
const ANY = 127;

/** What may stand at a place. */
export interface Shape {
  readonly types: number;
  /** The only texts that are accepted as texts; undefined: all, if `types` has string. */
  readonly words: ReadonlySet<string> | undefined;
  readonly fields: ReadonlyMap<string, Shape>;
  readonly patterns: readonly (readonly [RegExp, Shape])[];
  /** Of fields that are in neither. */
  readonly rest: Shape | undefined;
  readonly items: Shape | undefined;
  readonly firstItems: readonly Shape[];
}

/** Finds the schemas that `$ref` names. */
export type Resolve = (
  ref: string,
  root: JsonSchema,
) => { schema: JsonSchema; root: JsonSchema } | undefined;

const open: Shape = Object.freeze({
  types: ANY,
  words: undefined,
  fields: new Map<string, Shape>(),
  patterns: [],
  rest: undefined,
  items: undefined,
  firstItems: [],
});

/** The shape of a schema. */
export function shapeOf(root: JsonSchema, resolve: Resolve): Shape {
  return read(root, { root, resolve, path: new Set() });
}

interface Place {
  readonly root: JsonSchema;
  readonly resolve: Resolve;
  /** The schemas around this one, where recursion ends. */
  readonly path: ReadonlySet<object>;
}

function read(schema: unknown, place: Place): Shape {
  if (schema === false) return { ...open, types: 0 };
  if (!isObject(schema) || place.path.has(schema)) return open;
  const inside: Place = { ...place, path: new Set([...place.path, schema]) };
  const { $ref, allOf, anyOf, oneOf } = schema;
  const parts = [ownShape(schema, inside), ...schemasIn(allOf).map((one) => read(one, inside))];
  for (const union of [anyOf, oneOf]) {
    const members = schemasIn(union).map((one) => read(one, inside));
    if (members.length > 0) parts.push(members.reduce(either));
  }
  if (typeof $ref === 'string') {
    const target = place.resolve($ref, place.root);
    if (target !== undefined) parts.push(read(target.schema, { ...inside, root: target.root }));
  }
  return parts.reduce(both);
}

function ownShape(schema: Record<string, unknown>, place: Place): Shape {
  const { type, properties, patternProperties, additionalProperties, items, prefixItems } = schema;
  const literals = 'const' in schema ? [schema['const']] : schema['enum'];
  let types = typesOf(type);
  let words: ReadonlySet<string> | undefined;
  if (Array.isArray(literals)) {
    types &= literals.reduce<number>((bits, value) => bits | typeOfValue(value), 0);
    words = new Set(literals.filter((value) => typeof value === 'string'));
  }
  const first = Array.isArray(items) ? items : prefixItems;
  const others = Array.isArray(items) ? schema['additionalItems'] : items;
  return {
    types,
    words,
    fields: new Map(entriesOf(properties).map(([name, one]) => [name, read(one, place)])),
    patterns: entriesOf(patternProperties).flatMap(([source, one]) => {
      const pattern = regexOf(source);
      return pattern === undefined ? [] : [[pattern, read(one, place)] as const];
    }),
    rest: isObject(additionalProperties) ? read(additionalProperties, place) : undefined,
    items: isObject(others) ? read(others, place) : undefined,
    firstItems: schemasIn(first).map((one) => read(one, place)),
  };
}

// allOf, and the keywords beside it.
function both(a: Shape, b: Shape): Shape {
  const words =
    a.words && b.words ? new Set([...a.words].filter((w) => b.words?.has(w))) : undefined;
  return { ...merge(a, b, both), types: a.types & b.types, words: words ?? a.words ?? b.words };
}

// anyOf and oneOf. A member that does not name a field says nothing about it.
function either(a: Shape, b: Shape): Shape {
  const aWords = a.types & TYPE.string ? a.words : new Set<string>();
  const bWords = b.types & TYPE.string ? b.words : new Set<string>();
  const words = aWords && bWords ? new Set([...aWords, ...bWords]) : undefined;
  const merged = merge(a, b, either);
  return {
    ...merged,
    types: a.types | b.types,
    words,
    rest: eitherOf(TYPE.object, a, a.rest, b, b.rest),
    items: eitherOf(TYPE.array, a, a.items, b, b.items),
  };
}

// What a member leaves open is open in the whole.
function eitherOf(
  type: number,
  a: Shape,
  ofA: Shape | undefined,
  b: Shape,
  ofB: Shape | undefined,
): Shape | undefined {
  if (!(a.types & type)) return ofB;
  if (!(b.types & type)) return ofA;
  return ofA && ofB && either(ofA, ofB);
}

type Combine = (a: Shape, b: Shape) => Shape;

function merge(a: Shape, b: Shape, combine: Combine): Omit<Shape, 'types' | 'words'> {
  const pick = (x: Shape | undefined, y: Shape | undefined): Shape | undefined =>
    x && y ? combine(x, y) : (x ?? y);
  const fields = new Map(a.fields);
  for (const [name, shape] of b.fields) fields.set(name, pick(fields.get(name), shape) ?? shape);
  const length = Math.max(a.firstItems.length, b.firstItems.length);
  return {
    fields,
    patterns: [...a.patterns, ...b.patterns],
    rest: pick(a.rest, b.rest),
    items: pick(a.items, b.items),
    firstItems: Array.from({ length }, (_, at) => pick(a.firstItems[at], b.firstItems[at]) ?? open),
  };
}

function typesOf(type: unknown): number {
  if (type === undefined) return ANY;
  return [type].flat().reduce<number>((bits, name) => bits | (TYPE[name as 'string'] ?? 0), 0);
}

function typeOfValue(value: unknown): number {
  if (value === null) return TYPE.null;
  if (Array.isArray(value)) return TYPE.array;
  if (typeof value === 'number') return TYPE.number;
  return TYPE[typeof value as 'string' | 'boolean' | 'object'] ?? 0;
}

function entriesOf(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}

function schemasIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

// ajv reads patterns as Unicode, and refuses the schema where they are none.
function regexOf(source: string): RegExp | undefined {
  try {
    return new RegExp(source, 'u');
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
