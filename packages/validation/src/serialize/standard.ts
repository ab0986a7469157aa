// Replies by a Standard Schema: what the handler gave is checked, and what the schema makes of it is sent.
// Invariant: a reply that does not fit is an error of the server, and fields that the schema does not know stay inside.
// No fast-json-stringify here: it would judge unions and formats anew, by ajv, and may refuse what the library has accepted.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { valueOf } from '../compile/standard.ts';
import { errors } from '../errors.ts';
import { entriesOf } from '../issue/of-standard.ts';
import { responseError } from './response-error.ts';

/** Makes the text of a reply. */
export type Serialize = (data: unknown) => string;

/** @param place       of the reply, for messages
 *  @param maxEntries  of `issues`
 *  @returns a function that throws CATZ_VALIDATION_RESPONSE, CATZ_VALIDATION_ASYNC */
export function standardSerializer(
  schema: StandardSchemaV1,
  place: string,
  maxEntries: number,
): Serialize {
  const props = withoutUnknown(schema)['~standard'];
  return (data) => {
    const result = props.validate(data);
    if (result instanceof Promise || 'then' in result) {
      void Promise.resolve(result).catch(() => undefined);
      throw new errors.ASYNC(place);
    }
    if (result.issues) {
      throw responseError(
        place,
        entriesOf(props.vendor, result.issues, data, maxEntries),
        maxEntries,
      );
    }
    return JSON.stringify(valueOf(result));
  };
}

interface ArkType extends StandardSchemaV1 {
  onDeepUndeclaredKey?(behavior: 'delete'): StandardSchemaV1;
}

// zod and valibot leave unknown fields out; arktype keeps them, unless it is asked not to.
function withoutUnknown(schema: StandardSchemaV1): StandardSchemaV1 {
  if (schema['~standard'].vendor !== 'arktype') return schema;
  return (schema as ArkType).onDeepUndeclaredKey?.('delete') ?? schema;
}
