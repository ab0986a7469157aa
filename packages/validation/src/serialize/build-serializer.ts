// Fastify's `buildSerializer`: fast-json-stringify for JSON Schema and TypeBox, the library itself for Standard Schemas.
// Invariant: fields that a schema does not know are not sent. Strings, buffers and streams never come here: Fastify sends them as
// they are, and so does a cache.
import AjvCompiler from '@fastify/ajv-compiler';
import SerializerSelector from '@fastify/fast-json-stringify-compiler';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { byStore } from '../compile/by-store.ts';
import { placeOf } from '../compile/types.ts';
import type { Compiler, SchemaPlace } from '../compile/types.ts';
import type { Settings } from '../options.ts';
import { requireSchema } from '../schema/kind.ts';
import { checkedSerializer } from './checked.ts';
import { standardSerializer } from './standard.ts';
import type { Serialize } from './standard.ts';

/** What the serializers go by. */
export type SerializeSettings = Pick<Settings, 'responseValidation' | 'maxErrors'> & {
  readonly report: (error: Error) => void;
};

type Added = Readonly<Record<string, unknown>>;
type SerializerCompiler = (place: SchemaPlace) => Serialize;

const ours = new WeakSet<object>();

/** Whether a scope's serializer compiler is none of a user's. */
export function isOwnSerializer(compiler: unknown): boolean {
  return compiler === undefined || ours.has(compiler as object);
}

/** Makes the factory of one registration. */
export function makeBuildSerializer(
  settings: SerializeSettings,
): (added: Added, options?: object) => SerializerCompiler {
  const { responseValidation: mode, maxErrors: maxIssues, report } = settings;
  const buildJson = SerializerSelector();
  const checkers = byStore(checkersFor);
  return (added, options) => {
    // One for each call: it is a closure over what it was given, and takes schemas out of its copy of the store.
    const compileJson = buildJson({ ...added }, options) as unknown as SerializerCompiler;
    const compiler: SerializerCompiler = (place) => {
      const where = placeOf(`response ${place.httpStatus ?? ''}`.trim(), place);
      if (requireSchema(place.schema, where) === 'standard') {
        return standardSerializer(place.schema as StandardSchemaV1, where, maxIssues);
      }
      const serialize = compileJson(place);
      if (mode === 'off') return serialize;
      const validator = checkers(added)(place);
      return checkedSerializer(serialize, validator, { mode, place: where, maxIssues, report });
    };
    ours.add(compiler);
    return compiler;
  };
}

// Not the options that the application has for requests: nothing of a reply is turned or filled in. Fields that are not known
// are taken out of the copy, as the serializer leaves them out.
function checkersFor(added: Added): Compiler {
  const customOptions = {
    coerceTypes: false,
    useDefaults: false,
    removeAdditional: true,
    strict: false,
    logger: false,
  } as const;
  return AjvCompiler()(added as never, { customOptions }) as unknown as Compiler;
}
