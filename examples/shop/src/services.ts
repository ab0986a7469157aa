// Who provides what, and what it is made of. Checked as a whole before the shop listens; the database is closed last.

import { defineContainer, Server, type Definition } from 'catzilla';
import { createSalesReport, SalesReport } from './admin/sales-report.ts';
import { Carts, createCarts } from './cart/carts.ts';
import { Catalog, createCatalog } from './catalog/catalog.ts';
import { Database, openDatabase } from './database/database.ts';
import { Transaction, transactions } from './database/transaction.ts';
import { createOrders, Orders } from './orders/orders.ts';
import { createPageCache, PageCache } from './page-cache.ts';
import type { Settings } from './settings.ts';

/** The services of a shop. */
export function defineServices(settings: Settings): Definition {
  return defineContainer({ name: 'shop' })
    .singleton(Database, [], async function* () {
      const { database, close } = await openDatabase(settings);
      yield database;
      await close();
    })
    .singleton(PageCache, [Server], createPageCache)
    .singleton(Catalog, [Database], createCatalog)
    .singleton(Carts, [Database, Catalog], createCarts)
    .singleton(SalesReport, [Database, Server], (database, server) =>
      createSalesReport(database, () => server.tiers),
    )
    .scoped(Transaction, [Database], transactions, { disposeAt: 'handler' })
    .scoped(Orders, [Transaction, PageCache], createOrders);
}
