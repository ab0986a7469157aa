// What a $ref of a JSON Schema points to: inside its own document, to a named schema in it, or to one of `app.addSchema`.
// Invariant: never throws; what cannot be found is undefined. Nothing is fetched.

/** The schemas of `app.addSchema`, by $id. */
export type SchemaStore = Readonly<Record<string, unknown>>;

/** A place that refs are read from. */
export interface RefScope {
  /** The document, in which `#` and `#/…` point. */
  readonly root: unknown;
  readonly store: SchemaStore;
}

/** What a ref points to. */
export interface RefTarget {
  readonly schema: unknown;
  /** The scope that refs inside it are read from. */
  readonly scope: RefScope;
  /** What it is called where it was declared; undefined for a document without a name. */
  readonly name: string | undefined;
}

/** Follows one $ref.
 * @param ref    `#`, `#/$defs/User`, `#anchor`, `User`, `User#`, `User#/properties/id`, `http://…/user.json#address`
 * @param scope  where it stands */
export function resolveRef(ref: string, scope: RefScope): RefTarget | undefined {
  const mark = ref.indexOf('#');
  const id = mark === -1 ? ref : ref.slice(0, mark);
  const fragment = mark === -1 ? '' : ref.slice(mark + 1);
  const document = id === '' ? own(scope) : (inside(id, scope) ?? stored(id, scope));
  if (document === undefined || fragment === '') return document;
  return fragment.startsWith('/') ? atPointer(fragment, document) : atAnchor(fragment, document);
}

/** A schema that is an object, and no boolean. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(scope: RefScope): RefTarget {
  return { schema: scope.root, scope, name: nameOf(scope.root) };
}

function nameOf(schema: unknown): string | undefined {
  const id = isObject(schema) ? schema['$id'] : undefined;
  return typeof id === 'string' && id !== '' ? id : undefined;
}

// TypeBox names the parts of a recursive schema so: `{ $defs: { Node: { $id: 'Node' } }, $ref: 'Node' }`.
function inside(id: string, scope: RefScope): RefTarget | undefined {
  const found = find(scope.root, (schema) => schema['$id'] === id);
  // A name of TypeBox is no base of its own: `#/$defs/…` in it means the whole document.
  return found && { schema: found, scope, name: id };
}

function stored(id: string, { root, store }: RefScope): RefTarget | undefined {
  const key = [id, absolute(id, nameOf(root))].find(
    (name) => name !== undefined && Object.hasOwn(store, name),
  );
  if (key === undefined) return undefined;
  return { schema: store[key], scope: { root: store[key], store }, name: key };
}

function absolute(id: string, base: string | undefined): string | undefined {
  return base !== undefined && URL.canParse(id, base) ? new URL(id, base).href : undefined;
}

function atPointer(fragment: string, { schema, scope }: RefTarget): RefTarget | undefined {
  let at = schema;
  let name: string | undefined;
  for (const token of fragment.slice(1).split('/')) {
    name = decode(token).replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return { schema: at, scope, name };
}

function atAnchor(anchor: string, { schema, scope }: RefTarget): RefTarget | undefined {
  const found = find(schema, (part) => part['$anchor'] === anchor || part['$id'] === `#${anchor}`);
  return found && { schema: found, scope, name: anchor };
}

function decode(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    // Not percent-encoded after all: taken as it stands.
    return token;
  }
}

function find(
  root: unknown,
  fits: (schema: Readonly<Record<string, unknown>>) => boolean,
): Readonly<Record<string, unknown>> | undefined {
  const seen = new Set<unknown>();
  const open: unknown[] = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (isObject(next) && fits(next)) return next;
    open.push(...Object.values(next));
  }
  return undefined;
}
