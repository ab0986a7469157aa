// Makes the document of what @fastify/swagger has assembled: schemas instead of marks, problems, what the cache adds, and what
// OpenAPI 3.1 asks of paths. Invariant: pure but for `document`, which is ours alone; no mark is left in it.
import { STATUS_CODES } from 'node:http';
import { isObject } from '../lint/resolve-ref.ts';
import {
  CACHE_HEADERS,
  PROBLEM_SCHEMA,
  RETRY_AFTER,
  cacheHeaders,
  isCached,
  problemResponse,
  problemStatuses,
} from './answers.ts';
import type { Covered } from './answers.ts';
import { operationId } from './operation-id.ts';
import { ROUTE_MARK, SCHEMA_MARK } from './transform.ts';
import type { Marks } from './transform.ts';

/** An OpenAPI document, as JSON would be. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: Readonly<Record<string, unknown>>;
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

type Loose = Record<string, unknown>;

/** The operations of a Path Item Object in 3.1. */
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

/** Finishes a document. */
export function finish(document: OpenApiDocument, marks: Marks): OpenApiDocument {
  const used = { problem: undefined as string | undefined, headers: new Set<string>() };
  const ids = new Set<string>();
  const paths: Record<string, Loose> = {};
  for (const [template, item] of Object.entries(document.paths)) {
    for (const [path, given] of spellings(template)) {
      const operations = Object.fromEntries(
        METHODS.filter((method) => isObject(item[method])).map((method) => [
          method,
          operation(item[method] as Loose, method, path, given),
        ]),
      );
      // A path that only has methods of other versions of OpenAPI has nothing to say here.
      if (Object.keys(operations).length > 0) paths[path] = { ...paths[path], ...operations };
    }
  }
  const { schemas: assembled, ...components } = document.components;
  return {
    ...document,
    paths,
    components: {
      ...components,
      schemas: { ...referenced(paths, assembled as Loose), ...marks.components.all() },
      ...(used.headers.size > 0 && { headers: headersOf(used.headers) }),
    },
  };

  function operation(found: Loose, method: string, path: string, given: string[]): Loose {
    const covered = marks.routes[found[ROUTE_MARK] as number];
    const { [ROUTE_MARK]: _, ...rest } = unmark(found, marks) as Loose;
    const id = freeId((rest['operationId'] as string | undefined) ?? operationId(method, path));
    const out: Loose = { operationId: id, ...rest };
    const parameters = pathParameters(rest['parameters'], given);
    if (parameters.length > 0) out['parameters'] = parameters;
    else delete out['parameters'];
    if (covered === undefined) return out;
    return { ...out, responses: responses(rest['responses'] as Loose, covered, method) };
  }

  function freeId(wanted: string): string {
    let id = wanted;
    for (let i = 2; ids.has(id); i++) id = `${wanted}_${i}`;
    ids.add(id);
    return id;
  }

  function responses(declared: Loose, covered: Covered, method: string): Loose {
    const all: Loose = Object.fromEntries(
      Object.entries(declared).map(([status, response]) => [status, described(status, response)]),
    );
    for (const status of problemStatuses(covered)) {
      const own = [String(status), `${String(status)[0]}XX`, 'default'];
      if (own.some((key) => key in declared)) continue;
      used.problem ??= marks.components.add('ProblemDetails', PROBLEM_SCHEMA);
      if (status === 429 || status === 503) used.headers.add('Retry-After');
      all[status] = problemResponse(status, { $ref: `#/components/schemas/${used.problem}` });
    }
    return isCached(covered, method.toUpperCase()) ? withCache(all) : all;
  }

  function withCache(all: Loose): Loose {
    for (const name of Object.keys(CACHE_HEADERS)) used.headers.add(name);
    const headers = cacheHeaders();
    for (const [status, response] of Object.entries(all)) {
      if (!status.startsWith('2') || !isObject(response)) continue;
      all[status] = { ...response, headers: { ...headers, ...(response['headers'] as object) } };
    }
    all['304'] ??= { description: 'Not Modified', headers };
    return all;
  }
}

// Swagger's word for a response without a description.
function described(status: string, response: unknown): unknown {
  if (!isObject(response) || response['description'] !== 'Default Response') return response;
  return { ...response, description: STATUS_CODES[status] ?? `Status ${status}` };
}

// What swagger itself has resolved, in callbacks: nothing else of its schemas is referred to.
function referenced(from: unknown, schemas: Loose, found: Loose = {}): Loose {
  if (typeof from !== 'object' || from === null) return found;
  for (const [key, value] of Object.entries(from)) {
    const name = key === '$ref' && typeof value === 'string' ? value.split('/').at(-1) : undefined;
    if (name === undefined) referenced(value, schemas, found);
    else if (Object.hasOwn(schemas, name) && !Object.hasOwn(found, name)) {
      found[name] = schemas[name];
      referenced(schemas[name], schemas, found);
    }
  }
  return found;
}

function headersOf(names: ReadonlySet<string>): Loose {
  const known: Loose = { ...CACHE_HEADERS, 'Retry-After': RETRY_AFTER };
  return Object.fromEntries([...names].map((name) => [name, known[name]]));
}

// `/users/{id}?` is what swagger makes of an optional parameter: two paths. The names are those of the template.
function* spellings(template: string): Generator<[path: string, names: string[]]> {
  const optional = /^(.*)\/(\{[^{}]+\})\?$/.exec(template);
  const paths =
    optional === null ? [template] : [optional[1] || '/', `${optional[1]}/${optional[2]}`];
  for (const path of paths) {
    yield [path, [...path.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name ?? '')];
  }
}

// OpenAPI 3.1, 4.8.12: the path parameters are those of the template, neither more nor fewer.
function pathParameters(declared: unknown, names: readonly string[]): object[] {
  const all = (Array.isArray(declared) ? declared : []) as { in?: string; name?: string }[];
  const fitting = all.filter((one) => one.in !== 'path' || names.includes(one.name ?? ''));
  const missing = names.filter(
    (name) => !fitting.some((one) => one.in === 'path' && one.name === name),
  );
  return [
    ...fitting,
    ...missing.map((name) => ({ schema: { type: 'string' }, in: 'path', name, required: true })),
  ];
}

function unmark(value: unknown, marks: Marks): unknown {
  if (Array.isArray(value)) return value.map((item) => unmark(item, marks));
  if (!isObject(value)) return value;
  const index = value[SCHEMA_MARK];
  if (typeof index === 'number') {
    const schema = marks.schemas[index];
    return schema === undefined || schema === true ? {} : schema;
  }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, unmark(part, marks)]));
}
