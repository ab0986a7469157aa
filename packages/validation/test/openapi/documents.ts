// Documents for tests: of an application that declares some routes, held against the rules of OpenAPI 3.1.
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { expect } from 'vitest';
import { openapi } from '../../src/openapi/plugin.ts';
import type { OpenApiOptions } from '../../src/openapi/options.ts';
import { installProblems } from '../../src/problem/install.ts';
import type { ProblemSettings } from '../../src/problem/install.ts';
import { SETTINGS, tracked } from '../problem/apps.ts';
import type { Make } from '../problem/apps.ts';
import { wrongIn } from './rules.ts';

/** What JSON.parse gives. */
export type Json = ReturnType<typeof JSON.parse>;

export const INFO = { title: 'Shop', version: '1.0.0' };

/** Declares routes with whatever schemas: what validates them is not looked at here. */
export async function documentOf(
  declare: (app: FastifyInstance) => unknown,
  {
    make = Fastify,
    problems,
    ...options
  }: Partial<OpenApiOptions> & { make?: Make; problems?: Partial<ProblemSettings> } = {},
): Promise<Json> {
  const app = tracked(make() as FastifyInstance);
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  if (problems !== undefined) installProblems(app, { ...SETTINGS, ...problems });
  await app.register(openapi, { info: INFO, ui: false, ...options });
  await declare(app);
  await app.ready();
  const document = JSON.parse(JSON.stringify(app.openapi()));
  expect(wrongIn(document)).toEqual([]);
  return document;
}

/** Answers. */
export const handler = async (): Promise<string> => 'ok';
