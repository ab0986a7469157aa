// The parts of a route's schema, as Fastify names them and as we do.
// Invariant: every place of a schema that Fastify compiles is listed here, bodies and replies by media type included.

/** The schema of a route. `query` is Fastify's other name for `querystring`. */
export type RouteSchema = Readonly<Record<string, unknown>>;

/** One schema of a request. */
export interface RequestPart {
  /** As the schema of the route has it. */
  readonly key: 'params' | 'body' | 'querystring' | 'query' | 'headers' | 'cookies';
  /** Of a body that has a schema for each media type. */
  readonly contentType: string | undefined;
  readonly schema: unknown;
}

const KEYS = ['params', 'body', 'querystring', 'query', 'headers', 'cookies'] as const;

/** The schemas of a request, in the order in which they are checked. */
export function requestParts(schema: RouteSchema): RequestPart[] {
  return KEYS.flatMap((key): RequestPart[] => {
    const part = schema[key];
    if (part === undefined) return [];
    const byType = key === 'body' ? contentOf(part) : undefined;
    return byType === undefined
      ? [{ key, contentType: undefined, schema: part }]
      : byType.map(([contentType, one]) => ({ key, contentType, schema: one }));
  });
}

/** The schemas of replies, by status. */
export function replySchemas(schema: RouteSchema): { status: string; schema: unknown }[] {
  const { response } = schema;
  if (typeof response !== 'object' || response === null) return [];
  return Object.entries(response).flatMap(([status, one]) =>
    (contentOf(one) ?? [['', one]]).map(([, reply]) => ({ status, schema: reply })),
  );
}

function contentOf(part: unknown): [string, unknown][] | undefined {
  const content: unknown = (part as { content?: unknown } | null)?.content;
  if (typeof part !== 'object' || typeof content !== 'object' || content === null) return undefined;
  return Object.entries(content).map(([type, one]) => [
    type,
    (one as { schema?: unknown } | null)?.schema,
  ]);
}
