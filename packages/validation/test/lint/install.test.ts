import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { describe, expect, test } from 'vitest';
import { installLint } from '../../src/lint/install.ts';
import { VERSIONS, logTo, tracked } from '../problem/apps.ts';

const weak = { querystring: { type: 'object', properties: { ids: { type: 'array' } } } };
const handler = async (): Promise<string> => 'ok';

describe.each(VERSIONS)('Fastify %s', (_version, make) => {
  test('warn writes one warning with all findings, of all scopes', async () => {
    const lines: string[] = [];
    const app = tracked(make(logTo(lines)) as FastifyInstance);
    installLint(app, 'warn');
    app.get('/a', { schema: weak }, handler);
    await app.register(async (child) => {
      child.addSchema({ $id: 'Weak', ...weak.querystring });
      child.get('/b', { schema: { querystring: { $ref: 'Weak#' } } }, handler);
    });
    app.get('/sound', { schema: { querystring: { type: 'object' } } }, handler);
    await app.ready();
    const warnings = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 40);
    expect(warnings).toHaveLength(1);
    expect(warnings[0].msg).toBe('2 weak places in the schemas of requests');
    expect(warnings[0].findings.map(({ route }: { route: string }) => route)).toEqual([
      'GET /a',
      'GET /b',
    ]);
  });

  test('error keeps the application from starting, and names what it found', async () => {
    const app = tracked(make() as FastifyInstance);
    installLint(app, 'error');
    app.get('/a', { schema: weak }, handler);
    await expect(app.ready()).rejects.toMatchObject({
      code: 'CATZ_VALIDATION_SCHEMA',
      message: expect.stringContaining(
        'GET /a query/properties/ids: an array without maxItems: give it one (array-without-limit)',
      ),
    });
  });
});

test('off looks at nothing', async () => {
  const lines: string[] = [];
  const app = tracked(Fastify(logTo(lines)) as FastifyInstance);
  installLint(app, 'off');
  app.get('/a', { schema: weak }, handler);
  await app.ready();
  expect(lines).toEqual([]);
});

test('config.lint: false leaves a route out', async () => {
  const app = tracked(Fastify());
  installLint(app, 'error');
  app.get('/a', { schema: weak, config: { lint: false } }, handler);
  await app.ready();
  expect((await app.inject('/a')).statusCode).toBe(200);
});

test('sound schemas start without a word', async () => {
  const lines: string[] = [];
  const app = tracked(Fastify(logTo(lines)) as FastifyInstance);
  installLint(app, 'warn');
  app.get('/a', { schema: { querystring: { type: 'object' } } }, handler);
  await app.ready();
  expect(lines).toEqual([]);
});

test('an error tells twenty findings, and how many more there are', async () => {
  const app = tracked(Fastify());
  installLint(app, 'error');
  for (let i = 0; i < 23; i++) app.get(`/${i}`, { schema: weak }, handler);
  await expect(app.ready()).rejects.toThrow(/got 23\n[^]*GET \/19 [^\n]*\nand 3 more$/);
});
