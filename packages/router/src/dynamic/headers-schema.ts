// A schema of headers with names in lower case, as Node gives them; Fastify does the same to the schemas of its routes.
// Invariant: the given schema is left as it is. What a `$ref` leads to outside of it keeps its case, as in Fastify.

/** Keywords whose value is a schema, or a list of them. */
const SCHEMAS = namesOf(
  'allOf anyOf oneOf not if then else items additionalItems contains contentSchema',
  'additionalProperties unevaluatedItems unevaluatedProperties',
);
/** Keywords whose value holds schemas by header name. */
const BY_HEADER = namesOf('properties dependencies dependentSchemas dependentRequired');
/** Keywords whose value holds schemas by a name of their own. */
const BY_NAME = namesOf('definitions $defs patternProperties');

/** Lowers the names of headers.
 * @param isNames  whether the schema is one of header names themselves, as `propertyNames` holds */
export function lowerHeaders(schema: unknown, isNames = false): unknown {
  if (Array.isArray(schema)) return schema.map((item) => lowerHeaders(item, isNames));
  if (!isObject(schema)) return schema;
  const lowered: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) lowered[key] = keyword(key, value, isNames);
  return lowered;
}

function keyword(key: string, value: unknown, isNames: boolean): unknown {
  if (key === 'required') return lower(value);
  if (key === 'propertyNames') return lowerHeaders(value, true);
  if (SCHEMAS.has(key)) return lowerHeaders(value, isNames);
  if (isNames && (key === 'enum' || key === 'const')) return lower(value);
  const isByHeader = BY_HEADER.has(key);
  if (!isObject(value) || !(isByHeader || BY_NAME.has(key))) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      isByHeader ? name.toLowerCase() : name,
      Array.isArray(item) ? lower(item) : lowerHeaders(item, isNames),
    ]),
  );
}

// A name, or those of a list.
function lower(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lower);
  return typeof value === 'string' ? value.toLowerCase() : value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function namesOf(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(' ')));
}
