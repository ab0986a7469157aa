// A report that looks at everything there is: computed at most once in a minute, however many ask.

import { token, type TieredCache, type Token } from 'catzilla';
import type { Queryable } from '../database/database.ts';
import { sumSales, type CategorySales } from '../orders/order-repository.ts';

/** The report as a service. */
export interface SalesReport {
  /** Up to a minute old. */
  read(): Promise<CategorySales[]>;
}

export const SalesReport: Token<SalesReport> = token<SalesReport>('sales report');

export function createSalesReport(database: Queryable, cache: () => TieredCache): SalesReport {
  return {
    read: () => cache().getOrSet('sales-report', () => sumSales(database), { ttl: 60_000 }),
  };
}
