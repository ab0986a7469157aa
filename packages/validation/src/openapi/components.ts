// The schemas of a document: JSON Schema of any origin as Schema Objects of OpenAPI 3.1 (JSON Schema 2020-12), named ones as
// components. Invariant: no $ref that does not resolve comes out; one name is one schema; input is never changed.
// @fastify/swagger is kept away from schemas: it writes them for OpenAPI 3.0, loses patternProperties, and leaves refs of
// zod (`#`, `#/$defs/…`) and of TypeBox's cyclic types pointing nowhere.
import { isObject, resolveRef } from '../lint/resolve-ref.ts';
import type { RefScope, SchemaStore } from '../lint/resolve-ref.ts';

/** A Schema Object. */
export type SchemaObject = Readonly<Record<string, unknown>> | boolean;

/** Keywords that hold one schema, lists, and maps of schemas. */
const ONE = new Set(
  'additionalProperties unevaluatedProperties propertyNames unevaluatedItems contains not if then else contentSchema'.split(
    ' ',
  ),
);
const MANY = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const MAP = new Set(['properties', 'patternProperties', 'dependentSchemas']);
/** Of a document of its own, which a part of ours is not; definitions become components where they are used. */
const DROPPED = new Set([
  '$schema',
  '$id',
  '$anchor',
  '$defs',
  'definitions',
  'nullable',
  'additionalItems',
  'dependencies',
]);

/** Gathers the schemas of one document. */
export class Components {
  readonly #schemas = new Map<string, SchemaObject>();
  /** By the schema it was made from. */
  readonly #names = new Map<unknown, string>();
  /** What a name stands for, as text: libraries make a new object of one schema each time they are asked. */
  readonly #texts = new Map<string, string>();

  /** Takes a name that schemas of routes may not have.
   * @returns the name, or one like it if it is taken */
  add(wanted: string, schema: SchemaObject): string {
    const name = this.#free(wanted);
    this.#schemas.set(name, schema);
    return name;
  }

  /** All of them, sorted by name. */
  all(): Readonly<Record<string, SchemaObject>> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Writes a schema of a route.
   * @param schema  JSON Schema, draft 7 or 2020-12
   * @param store   of `app.addSchema`, in the scope of the route
   * @param hint    what the schema is called if it refers to itself and has no name
   * @returns a Schema Object; a schema with an $id is a component, and this a $ref to it */
  write(schema: unknown, store: SchemaStore, hint: string): SchemaObject {
    return this.writeIn(schema, { root: schema, store }, hint);
  }

  /** The same for a part of a schema, whose refs are read from the scope of the whole. */
  writeIn(schema: unknown, scope: RefScope, hint: string): SchemaObject {
    return this.#write(schema, scope, hint);
  }

  #write(schema: unknown, scope: RefScope, hint: string): SchemaObject {
    if (!isObject(schema)) return schema === false ? false : {};
    const id = schema['$id'];
    return typeof id === 'string' && id !== '' && !id.startsWith('#')
      ? this.#refTo(schema, scope, id)
      : this.#body(schema, scope, hint);
  }

  #refTo(schema: unknown, scope: RefScope, wanted: string): SchemaObject {
    let name = this.#names.get(schema);
    if (name === undefined) {
      const text = textOf(schema, scope);
      const known = this.#texts.get(componentName(wanted));
      name = known === text ? componentName(wanted) : this.#free(wanted);
      this.#names.set(schema, name);
      if (known !== text) {
        this.#texts.set(name, text);
        // Taken before it is written: it may refer to itself.
        this.#schemas.set(name, {});
        this.#schemas.set(
          name,
          isObject(schema) ? this.#body(schema, scope, name) : schema !== false,
        );
      }
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  #body(
    schema: Readonly<Record<string, unknown>>,
    scope: RefScope,
    hint: string,
  ): Readonly<Record<string, unknown>> {
    const out: Record<string, unknown> = {};
    const inner = (part: unknown): SchemaObject => this.#write(part, scope, hint);
    for (const [key, value] of Object.entries(schema)) {
      if (key === '$ref' || DROPPED.has(key)) continue;
      if (ONE.has(key)) out[key] = inner(value);
      else if (MANY.has(key) && Array.isArray(value)) out[key] = value.map(inner);
      else if (MAP.has(key) && isObject(value)) out[key] = mapOf(value, inner);
      else if (key === 'items') Object.assign(out, itemsOf(schema, inner));
      else out[key] = value;
    }
    Object.assign(out, dependenciesOf(schema, inner));
    if (schema['nullable'] === true && typeof out['type'] === 'string') {
      out['type'] = [out['type'], 'null'];
    }
    const ref = schema['$ref'];
    if (typeof ref === 'string') Object.assign(out, this.#follow(ref, scope, hint));
    return out;
  }

  // A ref that points nowhere would make the document invalid; ajv has refused such a route already, a library never makes one.
  #follow(ref: string, scope: RefScope, hint: string): Readonly<Record<string, unknown>> {
    const target = resolveRef(ref, scope);
    if (target === undefined) return {};
    const written = this.#refTo(target.schema, target.scope, target.name ?? hint);
    return written as Readonly<Record<string, unknown>>;
  }

  #free(wanted: string): string {
    const base = componentName(wanted);
    let name = base;
    for (let i = 2; this.#schemas.has(name); i++) name = `${base}_${i}`;
    return name;
  }
}

// A schema and all that it refers to: two are the same only if these are.
function textOf(schema: unknown, scope: RefScope): string {
  const texts: string[] = [];
  const seen = new Set<unknown>();
  const take = (part: unknown, at: RefScope): void => {
    if (seen.has(part)) return;
    seen.add(part);
    texts.push(JSON.stringify(part));
    for (const ref of refsIn(part)) {
      const target = resolveRef(ref, at);
      if (target !== undefined) take(target.schema, target.scope);
    }
  };
  take(schema, scope);
  return texts.join('\n');
}

function refsIn(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) =>
    key === '$ref' && typeof value === 'string' ? [value] : refsIn(value),
  );
}

// OpenAPI 3.1, 4.8.7: names of components are of these characters. An $id that is a URL gives its last part.
function componentName(wanted: string): string {
  const last =
    wanted
      .replace(/[/#]+$/, '')
      .split('/')
      .at(-1) ?? '';
  return last.replace(/\.json$/, '').replace(/[^A-Za-z0-9._-]+/g, '_') || 'Schema';
}

function mapOf(
  map: Readonly<Record<string, unknown>>,
  inner: (part: unknown) => SchemaObject,
): Readonly<Record<string, SchemaObject>> {
  return Object.fromEntries(Object.entries(map).map(([name, part]) => [name, inner(part)]));
}

// Draft 7 writes a tuple as a list in `items`, with `additionalItems` for the rest.
function itemsOf(
  { items, additionalItems }: Readonly<Record<string, unknown>>,
  inner: (part: unknown) => SchemaObject,
): Readonly<Record<string, unknown>> {
  if (!Array.isArray(items)) return { items: inner(items) };
  return {
    prefixItems: items.map(inner),
    ...(additionalItems !== undefined && { items: inner(additionalItems) }),
  };
}

function dependenciesOf(
  { dependencies }: Readonly<Record<string, unknown>>,
  inner: (part: unknown) => SchemaObject,
): Readonly<Record<string, unknown>> {
  if (!isObject(dependencies)) return {};
  const all = Object.entries(dependencies);
  const required = all.filter(([, value]) => Array.isArray(value));
  const schemas = all.filter(([, value]) => !Array.isArray(value));
  return {
    ...(required.length > 0 && { dependentRequired: Object.fromEntries(required) }),
    ...(schemas.length > 0 && { dependentSchemas: mapOf(Object.fromEntries(schemas), inner) }),
  };
}
