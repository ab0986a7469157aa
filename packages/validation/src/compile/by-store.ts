// Keeps what was built for a store of added schemas. With added schemas Fastify asks anew for every route, with a copy of the
// same store: an ajv for each would be slow to start and large.
// Invariant: two stores are the same when they hold the same objects; schemas cannot be taken out or changed.

/** Builds once for each store. */
export function byStore<T>(
  build: (added: Readonly<Record<string, unknown>>) => T,
): (added: Readonly<Record<string, unknown>>) => T {
  const known: { readonly schemas: readonly unknown[]; readonly built: T }[] = [];
  return (added) => {
    const schemas = Object.values(added);
    const same = known.find(
      (one) =>
        one.schemas.length === schemas.length &&
        one.schemas.every((schema, at) => schema === schemas[at]),
    );
    if (same !== undefined) return same.built;
    const built = build(added);
    known.push({ schemas, built });
    return built;
  };
}
