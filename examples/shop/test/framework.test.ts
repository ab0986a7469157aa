import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, type HealthOptions, type MonitorOptions } from 'catzilla';
import { expect, it, onTestFinished } from 'vitest';
import { configOf } from '../src/app.ts';
import { Database } from '../src/database/database.ts';
import { defaults } from '../src/settings.ts';
import { client, openShop, shopForAll } from './support.ts';

const shop = shopForAll({ products: 3 });
const send = client(shop);

it('describes its API and hides its pages', async () => {
  const { body } = await send('GET', '/openapi.json');
  expect(body.openapi).toMatch(/^3\.1\./);
  expect(Object.keys(body.paths).sort()).toEqual([
    '/api/admin/products/{id}',
    '/api/admin/report',
    '/api/cart/',
    '/api/cart/items/{id}',
    '/api/categories',
    '/api/orders/',
    '/api/orders/{id}',
    '/api/products',
    '/api/products/{id}',
  ]);
  const { responses, security } = body.paths['/api/admin/products/{id}'].patch;
  expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '400', '401', '403', '404'])); // prettier-ignore
  expect(security).toEqual([{ staff: [] }]);
  const names = [...JSON.stringify(body).matchAll(/"#\/components\/schemas\/([^"]+)"/g)];
  for (const [, name] of names) expect(body.components.schemas).toHaveProperty(name!);
  expect((await send('GET', '/docs/')).status).toBe(200);
});

it('is ready while the database answers', async () => {
  expect((await send('GET', '/readyz')).body).toEqual({ status: 'ready' });
  expect(shop.app.health.snapshot().checks).toMatchObject({ database: { state: 'ok' } });
});

it('is not ready when the database does not answer', async () => {
  const { monitor, ...config } = configOf({
    ...defaults,
    products: 0,
    name: 'shop-without-database',
  });
  const { health } = monitor as MonitorOptions;
  const { database } = (health as HealthOptions).checks!;
  const checks = { database: { ...database!, every: 20 } };
  const app = await createApp({ ...config, monitor: { health: { checks } }, env: false });
  onTestFinished(() => app.close());
  await app.ready();
  await app.di.get(Database).close();
  await expect.poll(async () => (await app.inject('/readyz')).statusCode).toBe(503);
  expect((await app.inject('/healthz')).statusCode).toBe(200);
});

it('keeps a folder of data, has it alone, and gives it back at the end', async () => {
  const data = await mkdtemp(join(tmpdir(), 'catzilla-shop-'));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const first = await openShop({ data, products: 5 });
  const refusal = await openShop({ data }).catch((error: unknown) => error);
  expect(reasons(refusal)).toContain('runs in one process, on one thread');
  const database = first.di.get(Database);
  await database.query('update products set price = 777 where id = 1');
  const report = await first.lifecycle.stop('test');
  expect([report.ok, database.closed]).toEqual([true, true]);

  // What a process has left that is gone.
  await writeFile(join(data, 'owner.pid'), '2147483647');
  const second = await openShop({ data, products: 50 });
  expect((await second.inject('/api/products/1')).json()).toMatchObject({ price: 777 });
  expect((await second.inject('/api/products')).json()).toMatchObject({ total: 5 });
  await second.close();
  await expect(readFile(join(data, 'owner.pid'))).rejects.toMatchObject({ code: 'ENOENT' });
});

it('makes the same catalogue each time', async () => {
  const other = await openShop({ products: 3 });
  onTestFinished(() => other.close());
  const { body } = await send('GET', '/api/products');
  expect((await other.inject('/api/products')).json()).toEqual(body);
});

/** The messages of an error and of all that it was caused by. */
function reasons(error: unknown): string {
  const { message, cause, errors = [] } = error as Error & { errors?: unknown[] };
  return [message, ...errors.map(reasons), cause ? reasons(cause) : ''].join('\n');
}
