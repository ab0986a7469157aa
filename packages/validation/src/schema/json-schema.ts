// The JSON Schema of any schema, which coercion, serializers and the OpenAPI document are made from.
// Invariant: made once for each schema, never changed afterwards; a part that JSON Schema cannot say stays open ({}), and the
// reason is kept. Whether a value is valid is never decided by it: that is the library's own affair.
import { createRequire } from 'node:module';
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { DeferredSchema } from './deferred.ts';
import { isStandard, plainSchema } from './kind.ts';
import type { JsonSchema } from './kind.ts';

/** `input`: what clients send. `output`: what the library makes of it. */
export type SchemaSide = 'input' | 'output';

/** The dialects we ask for. */
export type SchemaTarget = 'draft-07' | 'draft-2020-12';

/** What came of it: `reason` beside `schema` says why a part of it stands open, alone why there is none. */
export type Converted =
  { readonly schema: JsonSchema; readonly reason?: string } | { readonly reason: string };

type Converter = StandardJSONSchemaV1.Converter[SchemaSide];

const converted = new WeakMap<object, Map<string, Converted>>();

/** The JSON Schema of a schema; of TypeBox and JSON Schema itself, the same object.
 * @param schema  of either kind
 * @param side    of a Standard Schema with transforms
 * @param target  of a Standard Schema; default: that of OpenAPI 3.1 */
export function jsonSchemaOf(
  schema: unknown,
  side: SchemaSide,
  target: SchemaTarget = 'draft-2020-12',
): Converted {
  if (schema instanceof DeferredSchema) return jsonSchemaOf(schema.original, side, target);
  if (!isStandard(schema)) {
    return { schema: typeof schema === 'object' ? plainSchema(schema as object) : schema } as {
      schema: JsonSchema;
    };
  }
  let known = converted.get(schema);
  if (known === undefined) converted.set(schema, (known = new Map()));
  const key = `${side} ${target}`;
  let result = known.get(key);
  if (result === undefined) known.set(key, (result = convert(schema, side, target)));
  return result;
}

/** The JSON Schema by which texts are turned: that of the input, but open where a schema turns texts itself (`z.coerce`). */
export function textSchemaOf(schema: StandardSchemaV1): Converted {
  return convert(schema, 'input', 'draft-2020-12', { override: openWhereCoerced });
}

// zod's hook into its conversion.
function openWhereCoerced({ zodSchema, jsonSchema }: ZodConversion): void {
  if (zodSchema?._zod?.def?.coerce !== true) return;
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
}

interface ZodConversion {
  readonly zodSchema?: { readonly _zod?: { readonly def?: { readonly coerce?: boolean } } };
  readonly jsonSchema: Record<string, unknown>;
}

/** zod's word, and valibot's, for: leave open what cannot be said. */
const LENIENT = { unrepresentable: 'any', errorMode: 'ignore' };

function convert(
  schema: StandardSchemaV1,
  side: SchemaSide,
  target: SchemaTarget,
  libraryOptions?: Readonly<Record<string, unknown>>,
): Converted {
  const converter = converterOf(schema, side);
  if (typeof converter === 'string') return { reason: converter };
  const ask = (more: object): JsonSchema => {
    const { $schema: _, ...rest } = converter({
      target,
      libraryOptions: { ...libraryOptions, ...more },
    });
    // Fastify refuses a $schema that it does not know (fastify/fastify#6279).
    return rest;
  };
  try {
    return { schema: ask({}) };
  } catch (strict) {
    const reason = strict instanceof Error ? strict.message : 'the library gave no reason';
    try {
      return { schema: ask(LENIENT), reason };
    } catch {
      // A library that knows no such word says the same again.
      return { reason };
    }
  }
}

function converterOf(schema: StandardSchemaV1, side: SchemaSide): Converter | string {
  const props = schema['~standard'] as StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props>;
  if (props.jsonSchema !== undefined) return props.jsonSchema[side];
  if (props.vendor === 'valibot') return valibotConverter(schema, side);
  return `${props.vendor} does not say what its schemas are in JSON Schema`;
}

type ToJsonSchema = (schema: unknown, config: object) => Record<string, unknown>;

function valibotConverter(schema: StandardSchemaV1, side: SchemaSide): Converter | string {
  try {
    // A peer that few have: loaded where a schema first asks for it, which is while routes are declared, and at once.
    const { toJsonSchema } = createRequire(import.meta.url)('@valibot/to-json-schema') as {
      toJsonSchema: ToJsonSchema;
    };
    return ({ target, libraryOptions }) =>
      toJsonSchema(schema, {
        target,
        typeMode: side,
        errorMode: libraryOptions?.['errorMode'] ?? 'throw',
      });
  } catch {
    return 'valibot needs @valibot/to-json-schema to say what its schemas are: npm install @valibot/to-json-schema';
  }
}
