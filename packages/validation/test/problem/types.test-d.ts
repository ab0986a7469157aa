// What the compiler says of problems, of the document's options, and of what they add to routes. Never run.
import Fastify from 'fastify';
import type { FastifyContextConfig } from 'fastify';
import { expectTypeOf } from 'vitest';
import { openapi, problem, problemServerOptions } from '../../src/index.ts';
import type { OpenApiDocument, ProblemBody, ProblemError } from '../../src/index.ts';

expectTypeOf(problem(404, { code: 'X' })).toEqualTypeOf<ProblemError>();
expectTypeOf<ProblemError>().toExtend<Error>();
expectTypeOf<ProblemBody['requestId']>().toEqualTypeOf<string | undefined>();
// @ts-expect-error: a problem has a code
problem(404, {});
// @ts-expect-error: the parts of a request have names
problem(404, { code: 'X', errors: [{ in: 'path', pointer: '', code: '', message: '' }] });

const app = Fastify({ ...problemServerOptions() });
expectTypeOf(app.openapi()).toEqualTypeOf<OpenApiDocument>();
await app.register(openapi, { info: { title: 'T', version: '1', 'x-own': true }, ui: false });
// @ts-expect-error: a document has a title and a version
await app.register(openapi, { info: { title: 'T' } });

expectTypeOf<FastifyContextConfig['problems']>().toEqualTypeOf<
  false | readonly number[] | undefined
>();
app.get('/', { config: { problems: [404], lint: false } }, async () => 'ok');
// @ts-expect-error: statuses are numbers
app.get('/', { config: { problems: ['404'] } }, async () => 'ok');
