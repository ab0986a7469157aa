// Applications with the plugin, on each Fastify that is tested, and one schema in every library.
import cookie from '@fastify/cookie';
import { type } from 'arktype';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import * as v from 'valibot';
import { z } from 'zod';
import type { ValidationOptions } from '../../src/options.ts';
import { validation } from '../../src/plugin.ts';
import { tracked } from '../problem/apps.ts';
import type { Make } from '../problem/apps.ts';

export { VERSIONS, logTo, tracked } from '../problem/apps.ts';
export type { Make } from '../problem/apps.ts';

/** An application with the plugin; without lint, which has tests of its own. */
export async function makeApp(
  options: ValidationOptions = {},
  make: Make = Fastify,
  serverOptions: object = {},
): Promise<FastifyInstance> {
  const app = tracked(make(serverOptions) as FastifyInstance);
  await app.register(cookie);
  await app.register(validation, { lint: 'off', ...options });
  return app;
}

/** `{ n: an integer, name: up to 20 characters }` in every library. */
export const LIBRARIES: readonly (readonly [string, unknown])[] = [
  ['typebox', Type.Object({ n: Type.Integer(), name: Type.String({ maxLength: 20 }) })],
  [
    'JSON Schema',
    {
      type: 'object',
      properties: { n: { type: 'integer' }, name: { type: 'string', maxLength: 20 } },
      required: ['n', 'name'],
    },
  ],
  ['zod', z.object({ n: z.int(), name: z.string().max(20) })],
  [
    'valibot',
    v.object({ n: v.pipe(v.number(), v.integer()), name: v.pipe(v.string(), v.maxLength(20)) }),
  ],
  ['arktype', type({ n: 'number.integer', name: 'string <= 20' })],
];

/** Sends a text as JSON. */
export function postJson(url: string, payload: string): object {
  return { method: 'POST', url, payload, headers: { 'content-type': 'application/json' } };
}
