// A transaction for a request: begun when a service asks for it, committed when the handler has succeeded and before the answer
// is sent, rolled back when it has failed.
// Invariant: there is one connection, so everybody else waits meanwhile. Who has a transaction must ask it alone, and never the
// database: that would wait for itself.

import type { PGlite } from '@electric-sql/pglite';
import { asyncToken, type AsyncToken } from 'catzilla';
import type { Queryable } from './database.ts';

/** A running transaction. */
export interface Transaction extends Queryable {
  /** Runs something when all is committed, before the answer is sent; not where it is rolled back. */
  afterCommit(work: () => Promise<unknown>): void;
}

/** The transaction of the request. */
export const Transaction: AsyncToken<Transaction> = asyncToken<Transaction>('transaction');

/** Begins a transaction and yields it; what comes back says how the handler has ended. */
export async function* transactions(
  database: PGlite,
): AsyncGenerator<Transaction, void, { ok: boolean }> {
  const works: (() => Promise<unknown>)[] = [];
  const begun = withResolvers<Transaction>();
  const end = withResolvers<boolean>();
  const ended = database.transaction(async (tx) => {
    begun.resolve({
      query: (sql, values) => tx.query(sql, values),
      afterCommit: (work) => void works.push(work),
    });
    if (!(await end.promise)) await tx.rollback();
  });
  ended.catch(begun.reject);
  const { ok } = yield await begun.promise;
  end.resolve(ok);
  await ended;
  if (ok) for (const work of works) await work();
}

function withResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}
