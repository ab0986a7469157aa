// The ways to check a value by the schema of a library, each as check(value), which is true where the value fits. What stands in
// Fastify's slot is got from Fastify, of a route of an application of its own.
import { libraries } from './schemas.mjs';

/** By way: makes the check for a schema. */
const ways = {
  /** The library's own answer to the standard. */
  direct: async (schema) => {
    const props = schema['~standard'];
    return (value) => props.validate(value).issues === undefined;
  },
  /** What @catzilla/validation puts into Fastify's slot. */
  ours: async (schema) => compiled(schema, await withOurs({})),
  'ours-off': async (schema) => compiled(schema, await withOurs({ coercion: 'off' })),
  /** `validate()` of @catzilla/validation, for use outside of requests. */
  validate: async (schema) => {
    const { validate } = await import('@catzilla/validation');
    return (value) => validate(schema, value).issues === undefined;
  },
  /** Fastify's ajv as it is, which turns what does not fit. */
  fastify: async (schema) => compiled(schema, await makeApp()),
  /** fastify-type-provider-zod, by its validatorCompiler. */
  provider: async (schema) => {
    const { validatorCompiler } = await import('fastify-type-provider-zod');
    const app = await makeApp();
    return compiled(schema, app.setValidatorCompiler(validatorCompiler));
  },
};

export const LABELS = {
  direct: "the library's own validate",
  ours: '@catzilla/validation',
  'ours-off': "@catzilla/validation, coercion: 'off'",
  validate: 'validate() of @catzilla/validation',
  fastify: 'Fastify',
  provider: 'fastify-type-provider-zod',
};

/** Which ways there are for a library. */
export const WAYS = {
  zod: ['direct', 'ours', 'validate', 'provider'],
  valibot: ['direct', 'ours', 'validate'],
  arktype: ['direct', 'ours', 'validate'],
  typebox: ['fastify', 'ours', 'ours-off', 'validate'],
};

/** @returns [{ way, check }] */
export async function loadChecks(library) {
  const { order } = await libraries[library]();
  const checks = [];
  for (const way of WAYS[library]) checks.push({ way, check: await ways[way](order) });
  return checks;
}

async function withOurs(options) {
  const { default: validation } = await import('@catzilla/validation');
  const app = await makeApp();
  await app.register(validation, { lint: 'off', ...options });
  return app;
}

async function makeApp() {
  const { default: fastify } = await import('fastify');
  return fastify({ logger: false });
}

/** What Fastify does with a validator: false, or an object with `error`, is a refusal. */
async function compiled(schema, app) {
  let validator;
  app.post('/', { schema: { body: schema } }, (request) => {
    validator = request.getValidationFunction('body');
    return {};
  });
  // Whether the body fits is not what is asked here; what the slot has is.
  app.addHook('preValidation', (request, reply, done) => {
    validator = request.getValidationFunction('body');
    done();
  });
  await app.inject({ method: 'POST', url: '/', payload: {} });
  await app.close();
  if (typeof validator !== 'function') throw new Error('expected a validator in the slot');
  return (value) => {
    const result = validator(value);
    return result !== false && (result === true || result.error === undefined);
  };
}
