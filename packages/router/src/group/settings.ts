// What groups say of their routes, put together from the outside in, and into the options of a route.
// Invariant: nothing that the user gave is changed, so that a plugin can be registered more than once. Tags add up, outer
// first, none twice; middleware adds up in the same way; of all else the inner word counts.
import type { RouteShorthandOptions } from 'fastify';
import { GROUPS } from '../middleware/route-config.ts';
import type { CheckedGroup } from './options.ts';

/** What holds for a route, of all groups around it. */
export type GroupSettings = Pick<
  CheckedGroup,
  'tags' | 'description' | 'security' | 'middleware' | 'config' | 'constraints'
>;

/** Outside of all groups. */
export const noSettings: GroupSettings = Object.freeze({
  tags: [],
  description: undefined,
  security: undefined,
  middleware: [],
  config: {},
  constraints: {},
});

/** The settings in a group that stands in others. */
export function settingsWithin(outer: GroupSettings, group: CheckedGroup): GroupSettings {
  return {
    tags: union(outer.tags, group.tags),
    description: group.description ?? outer.description,
    security: group.security ?? outer.security,
    middleware: [...outer.middleware, ...group.middleware],
    config: { ...outer.config, ...group.config },
    constraints: { ...outer.constraints, ...group.constraints },
  };
}

/** Options of Fastify as far as groups look at them. */
type Options = Pick<RouteShorthandOptions, 'schema' | 'config' | 'constraints'>;

/** The schema of a route as OpenAPI reads it. */
interface Described {
  readonly tags?: readonly string[];
  readonly description?: string;
  readonly security?: readonly object[];
}

/** The options of a route in its groups. */
export function withSettings<O extends Options>(options: O, settings: GroupSettings): O {
  const schema = schemaOf(options.schema, settings);
  const { middleware } = settings;
  const config = {
    ...settings.config,
    ...options.config,
    ...(middleware.length > 0 && { [GROUPS]: middleware }),
  };
  const constraints = { ...settings.constraints, ...options.constraints };
  return {
    ...options,
    ...(schema && { schema }),
    ...(hasKeys(config) && { config }),
    ...(hasKeys(constraints) && { constraints }),
  };
}

// A route without a schema gets one only where there is something to say.
function schemaOf(
  schema: (object & Described) | undefined,
  { tags: outer, description, security }: GroupSettings,
): object | undefined {
  const tags = union(outer, schema?.tags ?? []);
  const added = {
    ...(tags.length > 0 && { tags }),
    ...(description !== undefined && { description }),
    ...(security !== undefined && { security }),
  };
  return hasKeys(added) ? { ...added, ...schema, ...(tags.length > 0 && { tags }) } : schema;
}

function union(outer: readonly string[], inner: readonly string[]): readonly string[] {
  return [...new Set([...outer, ...inner])];
}

function hasKeys(object: object): boolean {
  return Reflect.ownKeys(object).length > 0;
}
