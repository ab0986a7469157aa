// Finds what a $ref names: inside the same schema, or among those that the application has added by $id.
// Invariant: a reference that is not found is undefined, never an error: the validator's compiler is the one to complain.
import type { JsonSchema } from '../schema/kind.ts';
import type { Resolve } from './shape.ts';

/** @param added  by `$id`, as `app.getSchemas()` gives them */
export function resolverOf(added: Readonly<Record<string, unknown>>): Resolve {
  return (ref, root) => {
    const hash = ref.indexOf('#');
    const id = hash === -1 ? ref : ref.slice(0, hash);
    const fragment = hash === -1 ? '' : ref.slice(hash + 1);
    const document = id === '' ? root : added[id];
    const schema = at(document, fragment);
    return schema === undefined ? undefined : { schema, root: document as JsonSchema };
  };
}

function at(document: unknown, fragment: string): JsonSchema | undefined {
  let value: unknown = document;
  if (fragment !== '' && !fragment.startsWith('/')) return undefined;
  for (const token of fragment.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    const name = decode(token).replaceAll('~1', '/').replaceAll('~0', '~');
    value = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  }
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null)
    ? (value as JsonSchema)
    : undefined;
}

function decode(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}
