// The shop: its configuration, and its routes. `catzilla dev` and `catzilla start` load this module.

import { defineConfig, type AppOptions, type CatzillaApp } from 'catzilla';
import { adminRoutes } from './admin/admin-routes.ts';
import { cartRoutes } from './cart/cart-routes.ts';
import { productRoutes } from './catalog/product-routes.ts';
import { Database } from './database/database.ts';
import { orderRoutes } from './orders/order-routes.ts';
import { defineServices } from './services.ts';
import { addPages } from './pages/pages.ts';
import { readSettings, type Settings } from './settings.ts';

const settings = readSettings(process.env);

export const config: AppOptions = configOf(settings);

export default function shop(app: CatzillaApp): Promise<void> {
  return addRoutes(app, settings);
}

/** The configuration of a shop. */
export function configOf(settings: Settings): AppOptions {
  return defineConfig({
    // A field that nobody knows is an error, and not dropped: who misspells one hears of it.
    server: {
      pluginTimeout: 70_000,
      logger: settings.isLogging,
      ajv: { customOptions: { removeAdditional: false } },
    },
    builtins: { cookie: true, formbody: true, rateLimit: { global: false } },
    tiers: { name: settings.name, memory: { maxBytes: 67_108_864 } },
    // A new folder of data takes PostgreSQL some seconds.
    di: { container: defineServices(settings), startTimeout: 60_000 },
    monitor: {
      health: {
        checks: { database: { check: (_signal, app) => app.di.get(Database).query('select 1') } },
      },
    },
    openapi: {
      info: { title: 'Shop', version: '1.0.0' },
      ui: true,
      hideUntagged: true,
      securitySchemes: { staff: { type: 'http', scheme: 'bearer' } },
    },
  });
}

/** Adds everything that a shop answers. */
export async function addRoutes(app: CatzillaApp, settings: Settings): Promise<void> {
  productRoutes(app);
  await addPages(app, settings);
  await app.register(cartRoutes.plugin);
  await app.register(orderRoutes(settings.ordersPerMinute).plugin);
  await app.register(adminRoutes(settings.tokens).plugin);
}
