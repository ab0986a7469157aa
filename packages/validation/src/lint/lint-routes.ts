// Lint of the schemas of routes, for what hostile input can make of them: pure, so that tests and tools can call it.
// Invariant: says nothing about replies. Of a Standard Schema it judges the JSON Schema that its library gives: what the library
// does not say (openness in valibot, rules in functions) is not judged. When it runs, and what follows, is install.ts.
import { jsonSchemaOf } from '../schema/json-schema.ts';
import { isStandard, schemaKind } from '../schema/kind.ts';
import type { SchemaStore } from './resolve-ref.ts';
import { costOf, opennessOf } from './rules.ts';
import type { Breach, LintRule } from './rules.ts';
import { walk } from './walk.ts';
import type { Visit } from './walk.ts';

/** A route as the lint sees it. */
export interface LintedRoute {
  readonly method: string | readonly string[];
  readonly url: string;
  /** `schema` of the route. */
  readonly schema: unknown;
  /** The schemas that its refs may name, as `app.getSchemas()` gives them. Default: none. */
  readonly schemas?: SchemaStore;
}

/** Something to mend. */
export interface LintFinding {
  /** `POST /users` */
  readonly route: string;
  /** The part of the request. */
  readonly in: 'body' | 'cookies' | 'headers' | 'params' | 'query';
  /** A JSON Pointer (RFC 6901) into its schema. */
  readonly pointer: string;
  readonly rule: LintRule;
  /** What was found, and what to write instead. */
  readonly message: string;
}

const SLOTS = {
  body: 'body',
  querystring: 'query',
  query: 'query',
  params: 'params',
  headers: 'headers',
  cookies: 'cookies',
} as const;
// With these, an object that drops unknown fields looks in JSON Schema as one that keeps them.
const TELLS_OPENNESS = new Set(['zod', 'arktype']);

/** Lints the schemas of requests.
 * @param routes  with their schemas: TypeBox, JSON Schema or Standard Schemas
 * @returns what to mend, in the order of the routes; empty: nothing was found */
export function lintRoutes(routes: readonly LintedRoute[]): readonly LintFinding[] {
  return routes.flatMap((route) => {
    const schema = route.schema;
    if (typeof schema !== 'object' || schema === null) return [];
    return Object.entries(SLOTS).flatMap(([slot, part]) =>
      lintPart(route, part, (schema as Readonly<Record<string, unknown>>)[slot]),
    );
  });
}

function lintPart(route: LintedRoute, part: LintFinding['in'], schema: unknown): LintFinding[] {
  if (schemaKind(schema) === undefined) return [];
  const name = `${[route.method].flat().join(',')} ${route.url}`;
  const findings = new Map<string, LintFinding>();
  const look = (side: 'input' | 'output', rule: (at: Visit) => Breach[]): void => {
    for (const root of plainOf(schema, side)) {
      walk(root, { root, store: route.schemas ?? {} }, (at) => {
        for (const breach of rule(at)) {
          const { pointer } = at;
          findings.set(`${breach.rule} ${pointer}`, { route: name, in: part, pointer, ...breach });
        }
      });
    }
  };
  look('input', costOf);
  // What stays after the check is what counts: zod drops what it does not know, and says so of its output only.
  if (part === 'body' && tellsOpenness(schema)) look('output', opennessOf);
  return [...findings.values()];
}

function tellsOpenness(schema: unknown): boolean {
  return !isStandard(schema) || TELLS_OPENNESS.has(schema['~standard'].vendor);
}

// A body may be described by content type.
function plainOf(schema: unknown, side: 'input' | 'output'): unknown[] {
  const converted = jsonSchemaOf(schema, side);
  if (!('schema' in converted)) return [];
  const plain = converted.schema;
  const content = typeof plain === 'object' ? plain['content'] : undefined;
  if (typeof content !== 'object' || content === null) return [plain];
  return Object.values(content as Record<string, { schema?: unknown }>).flatMap((media) =>
    media.schema === undefined ? [] : plainOf(media.schema, side),
  );
}
