import { createPostgresBackend } from 'bullmq';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { postgresSkipReason, startPostgres } from './support/postgres.ts';
import type { PostgresServer } from './support/postgres.ts';
import { programSuite } from './support/program.ts';

let server: PostgresServer | undefined;
const reason = postgresSkipReason();

beforeAll(async () => {
  if (reason === undefined) server = await startPostgres();
});
afterAll(() => server?.stop());
beforeEach((context) => {
  if (reason !== undefined) context.skip(reason);
});

programSuite('PostgreSQL', () => ({
  backend: createPostgresBackend,
  connection: server!.connection,
}));
