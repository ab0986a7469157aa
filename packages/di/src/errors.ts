// Every error that @catzilla/di throws, CATZ_DI_*. Those of one fault in a graph (MISSING to DISPOSE_ORDER) stand in the
// `errors` of INVALID, an AggregateError; MISSING, CYCLE and TRANSIENT_OWNER are also thrown where a service is asked for.
import { defineErrors } from '@catzilla/common';
import type { CodedError, ErrorTable } from '@catzilla/common';

/** The keys of all errors. */
export type ErrorKey =
  | 'ASYNC_IN_SYNC'
  | 'CAPTIVE'
  | 'CLOSED'
  | 'CYCLE'
  | 'DECORATOR_MISSING'
  | 'DISPOSE_FAILED'
  | 'DISPOSE_ORDER'
  | 'DISPOSE_TIMEOUT'
  | 'DUPLICATE'
  | 'FACTORY_FAILED'
  | 'INVALID'
  | 'MISSING'
  | 'NOT_STARTED'
  | 'OPTIONS'
  | 'REGISTERED_TWICE'
  | 'SCOPE_CLOSED'
  | 'SCOPE_KIND'
  | 'SCOPE_NEEDED'
  | 'SEED_MISSING'
  | 'SEED_TWICE'
  | 'STARTED'
  | 'START_FAILED'
  | 'START_TIMEOUT'
  | 'TRANSIENT_OWNER';

// An AggregateError's own constructor is never called: `errors` is set by `aggregate`.
const AGGREGATE = AggregateError as unknown as ErrorConstructor;

export const errors: ErrorTable<'CATZ_DI', ErrorKey> = defineErrors('CATZ_DI', {
  ASYNC_IN_SYNC: {
    message: '%s',
    help: 'Make the token of the dependent an asyncToken as well, or take the dependency with lazy().',
  },
  CAPTIVE: {
    message: '%s',
    help: 'A singleton outlives every scope. Make it scoped, or give it ScopeFactory and open a scope for each piece of work.',
  },
  CLOSED: {
    message: 'container %s is closed',
    help: 'Nothing can be made once the application closes. Open scopes before, and hold() what they still do.',
  },
  CYCLE: {
    message: '%s',
    help: 'Take one of the dependencies with lazy(), and call its get() after construction, or split a service in two.',
  },
  DECORATOR_MISSING: {
    message: 'expected %s to be a decorator of the application when its container starts',
    help: 'Register the plugin that decorates before app.ready(), in the same context or around it.',
  },
  DISPOSE_FAILED: {
    message: '%s',
    base: AGGREGATE,
    help: 'Its errors hold what each disposer threw. The services after them were disposed all the same.',
  },
  DISPOSE_ORDER: {
    message: '%s',
    help: "Give both services the same disposeAt, or 'handler' to the one that depends on the other.",
  },
  DISPOSE_TIMEOUT: {
    message: 'the disposer of %s has not ended within %s ms',
    help: 'Mend the disposer, or raise disposeTimeout. It was left running; the services after it were disposed.',
  },
  DUPLICATE: {
    message: '%s',
    help: 'Use override() to replace a binding, or a multiToken for several of them.',
  },
  FACTORY_FAILED: {
    message: 'the factory of %s failed (%s)',
    help: 'The cause is what the factory threw; the path leads from what was asked for to the factory.',
  },
  INVALID: {
    message: '%s',
    base: AGGREGATE,
    help: 'Its errors hold each fault of the graph, with the path and where it was registered. Mend them all at once.',
  },
  MISSING: {
    message: '%s',
    help: 'Provide the token in the definition, or take it with optional().',
  },
  NOT_STARTED: {
    message: 'container %s has not started: %s cannot be made yet',
    help: 'Await start(), or in Fastify app.ready(), before services are asked for.',
  },
  OPTIONS: {
    message: '%s',
    base: TypeError,
    help: 'The message names the option or argument, what was expected, and what came.',
  },
  REGISTERED_TWICE: {
    message: 'this context of Fastify has a container already: register @catzilla/di once in each',
    help: 'Register it once per context, with one definition: include() puts several together.',
  },
  SCOPE_CLOSED: {
    message: '%s',
    help: 'A scoped service must not be kept past its scope. Use scope.hold(promise) for work that goes on after the reply.',
  },
  SCOPE_KIND: {
    message: '%s',
    help: 'The seed is given in other kinds of scopes only. Take it with optional(), or split the service.',
  },
  SCOPE_NEEDED: {
    message: '%s is %s: it can only be got in a scope',
    help: 'Use request.scope, container.runInScope or container.createScope.',
  },
  SEED_MISSING: {
    message: '%s has no value in this scope (%s)',
    help: 'Seed it in a hook that runs before it is read, or give it in the options of the scope.',
  },
  SEED_TWICE: {
    message: '%s has a value in this scope already (%s)',
    help: 'A seed is given once per scope; services may have been made of its first value.',
  },
  STARTED: {
    message: 'container %s has started: %s comes too late',
    help: 'Give overrides before the start, with the definition or the options.',
  },
  START_FAILED: {
    message: '%s',
    base: AGGREGATE,
    help: 'Its errors hold what each factory threw. What had started was disposed in reverse order.',
  },
  START_TIMEOUT: {
    message: '%s',
    help: 'Look at what the named factories wait for, or raise startTimeout (and in Fastify pluginTimeout above it).',
  },
  TRANSIENT_OWNER: {
    message: '%s',
    help: 'Get the transient in a scope, which then disposes it, or make it a singleton, or give it no disposer.',
  },
});

/** An error that is an AggregateError. */
export type Aggregate<C extends string> = CodedError<C> & AggregateError;

/** Makes one of the three errors that hold others.
 * @param key     which
 * @param title   its message
 * @param causes  what it holds; the first is also its `cause` */
export function aggregate<K extends 'DISPOSE_FAILED' | 'INVALID' | 'START_FAILED'>(
  key: K,
  title: string,
  causes: readonly unknown[],
): Aggregate<`CATZ_DI_${K}`> {
  const error = new errors[key](title, { cause: causes[0] });
  // As AggregateError has it: own, and not in JSON or for-in.
  Object.defineProperty(error, 'errors', {
    value: [...causes],
    writable: true,
    configurable: true,
  });
  return error as Aggregate<`CATZ_DI_${K}`>;
}
