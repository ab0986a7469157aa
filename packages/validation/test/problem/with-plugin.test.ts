// The plugin, problems, lint and the document together, as an application has them.
import { Type } from 'typebox';
import type { FastifyInstance } from 'fastify';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import validation, { openapi, problem, problemServerOptions } from '../../src/index.ts';
import type { ValidationOptions } from '../../src/index.ts';
import { wrongIn } from '../openapi/rules.ts';
import { VERSIONS, logTo, tracked } from './apps.ts';
import type { Make } from './apps.ts';

async function makeApp(
  make: Make,
  options: ValidationOptions = {},
  lines: string[] = [],
): Promise<FastifyInstance> {
  const app = tracked(
    make({ ...problemServerOptions(), ...logTo(lines) }) as unknown as FastifyInstance,
  );
  await app.register(validation, options);
  return app;
}

const Person = z.object({ name: z.string(), tags: z.array(z.string()) });

describe.each(VERSIONS)('Fastify %s', (_version, make) => {
  test('a body that does not fit its zod schema is a problem with pointers, without values', async () => {
    const app = await makeApp(make, { problemBase: 'https://e.org/', invalidStatus: 422 });
    app.post('/', { schema: { body: Person } }, async () => 'ok');
    const payload = { name: 7, tags: ['CANARY', { CANARY: 1 }] };
    const answer = await app.inject({ method: 'POST', url: '/', payload });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({
      type: 'https://e.org/CATZ_VALIDATION_INVALID',
      status: 422,
      code: 'CATZ_VALIDATION_INVALID',
      errors: [
        { in: 'body', pointer: '/name' },
        { in: 'body', pointer: '/tags/1' },
      ],
    });
    expect(answer.body).not.toContain('CANARY');
  });

  test('maxErrors reaches the list', async () => {
    const app = await makeApp(make, { maxErrors: 1 });
    app.post('/', { schema: { body: Person } }, async () => 'ok');
    const answer = await app.inject({ method: 'POST', url: '/', payload: {} });
    expect(answer.json().errors).toHaveLength(1);
    expect(answer.json().truncated).toBe(true);
  });

  test('a problem that a handler throws passes a response schema', async () => {
    const app = await makeApp(make);
    const schema = { response: { 200: Person, '4xx': Person } };
    app.get('/', { schema }, async () => {
      throw problem(410, { code: 'GONE_FOR_GOOD' });
    });
    expect((await app.inject('/')).json()).toMatchObject({ status: 410, code: 'GONE_FOR_GOOD' });
  });

  test('a scope with its own registration answers by its own settings', async () => {
    const app = await makeApp(make);
    const querystring = Type.Object({ n: Type.Integer() });
    await app.register(
      async (child) => {
        await child.register(validation, { invalidStatus: 422 });
        child.get('/n', { schema: { querystring } }, async () => 'ok');
      },
      { prefix: '/child' },
    );
    app.get('/n', { schema: { querystring } }, async () => 'ok');
    expect((await app.inject('/n?n=a')).statusCode).toBe(400);
    expect((await app.inject('/child/n?n=a')).statusCode).toBe(422);
    expect((await app.inject('/child/x')).json().code).toBe('FST_ERR_NOT_FOUND');
  });

  test('weak schemas are named in the log when the application is ready', async () => {
    const lines: string[] = [];
    const app = await makeApp(make, {}, lines);
    app.post('/', { schema: { body: Person } }, async () => 'ok');
    await app.ready();
    const found = lines.map((line) => JSON.parse(line)).find(({ findings }) => findings);
    expect(found).toMatchObject({
      level: 40,
      findings: [{ route: 'POST /', pointer: '/properties/tags', rule: 'array-without-limit' }],
    });
  });

  test('the document has the settings of the plugin, and schemas that are awaited', async () => {
    const app = await makeApp(make, { invalidStatus: 422 });
    await app.register(openapi, { info: { title: 'T', version: '1' }, ui: false });
    const config = { validation: { async: true } };
    app.post('/', { schema: { body: Person }, config }, async () => 'ok');
    await app.ready();
    const document = JSON.parse(JSON.stringify(app.openapi()));
    expect(wrongIn(document)).toEqual([]);
    const { post } = document.paths['/'];
    expect(Object.keys(post.responses)).toEqual(['200', '400', '413', '415', '422', '500']);
    expect(post.requestBody.content['application/json'].schema.required).toEqual(['name', 'tags']);
  });
});
