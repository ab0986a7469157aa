// The database: PostgreSQL in this process. Invariant: one process, and in it one thread, has a folder at a time; PostgreSQL in
// WebAssembly does not see to that itself. Leaves tables to migrations.ts and transactions to transaction.ts.

import { mkdir } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { token, type Token } from 'catzilla';
import { lockFolder } from './folder-lock.ts';
import { migrate } from './migrations.ts';
import { seed } from './seed.ts';
import type { Settings } from '../settings.ts';

/** What repositories need: a database or a transaction. */
export interface Queryable {
  query<Row>(sql: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}

/** The database as a service. */
export const Database: Token<PGlite> = token<PGlite>('database');

/** Opens the database as the settings say, brings its tables up to date, and fills it where it is empty.
 * @returns the database, and what closes it */
export async function openDatabase(
  settings: Settings,
): Promise<{ database: PGlite; close: () => Promise<void> }> {
  const { data } = settings;
  if (data !== 'memory') await mkdir(data, { recursive: true });
  const unlock = data === 'memory' ? async () => undefined : await lockFolder(data);
  try {
    const database = await PGlite.create(data === 'memory' ? 'memory://' : `${data}/postgres`);
    await migrate(database);
    await seed(database, settings.products);
    const close = async () => {
      try {
        if (!database.closed) await database.close();
      } finally {
        await unlock();
      }
    };
    return { database, close };
  } catch (error) {
    await unlock();
    throw error;
  }
}
