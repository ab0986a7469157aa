// What the tests of endings share: two scoped services that write down how they end.
import type { FastifyInstance } from 'fastify';
import type Fastify from 'fastify';
import { defineContainer, di, token } from '../../src/index.ts';
import type { Definition, DiOptions, Outcome } from '../../src/index.ts';
import { Journal, makeApp } from './support.ts';

export interface Thing {
  readonly name: string;
}

/** Disposed at the response. */
export const Res = token<Thing>('res');

/** Disposed at the handler. */
export const Tx = token<Thing>('tx');

/** Whose services note `res ok`, `tx failed aborted <message>`.
 * @param failing  the one whose disposer throws */
export function journaled(journal: Journal, failing?: string): Definition {
  const end =
    (name: string) =>
    (_thing: Thing, { ok, aborted, error }: Outcome): void => {
      const how = `${ok ? 'ok' : 'failed'}${aborted ? ' aborted' : ''}`;
      journal.add(`${name} ${how}${error instanceof Error ? ` ${error.message}` : ''}`);
      if (failing === name) throw new Error(`${name} cannot end`);
    };
  return defineContainer({ name: 'test' })
    .scoped(Res, [], () => ({ name: 'res' }), { dispose: end('res') })
    .scoped(Tx, [], () => ({ name: 'tx' }), { dispose: end('tx'), disposeAt: 'handler' });
}

/** An application with such a container. */
export async function setUp(
  make: typeof Fastify,
  options: Partial<DiOptions> = {},
  server: Record<string, unknown> = {},
): Promise<{ app: FastifyInstance; journal: Journal; active: () => number }> {
  const app = makeApp(make, server);
  const journal = new Journal();
  await app.register(di, { container: journaled(journal), ...options });
  return { app, journal, active: () => app.di.stats().scopes.active };
}
