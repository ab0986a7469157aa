// A Standard Schema that lets everything pass where Fastify validates, because the route awaits the one inside it later.
// Invariant: made only together with the route's own check (compile/awaited.ts), in the copy of a schema that no other route
// has; documents see the schema inside.
import type { StandardSchemaV1 } from '@standard-schema/spec';

/** Stands in a route's schema for one that is awaited before the handler. */
export class DeferredSchema implements StandardSchemaV1 {
  readonly original: StandardSchemaV1;
  readonly '~standard': StandardSchemaV1.Props;

  constructor(original: StandardSchemaV1) {
    this.original = original;
    const { vendor } = original['~standard'];
    this['~standard'] = { version: 1, vendor, validate: (value) => ({ value }) };
  }
}
