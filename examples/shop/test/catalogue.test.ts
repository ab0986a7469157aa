import { expect, it } from 'vitest';
import { client, manager, shopForAll } from './support.ts';

const shop = shopForAll();
const get = (path: string, headers?: Record<string, string>) =>
  client(shop)('GET', path, undefined, headers);

it('answers a page of products from the cache the second time, whatever the order of parameters', async () => {
  const first = await get('/api/products?category=kitchen&sort=price');
  expect([first.status, first.isHit]).toEqual([200, false]);
  const prices = first.body.products.map(({ price }: { price: number }) => price);
  expect(prices).toEqual([...prices].sort((a, b) => a - b));
  const again = await get('/api/products?sort=price&utm=1&category=kitchen', { cookie: 'a=b' });
  expect([again.isHit, again.text]).toEqual([true, first.text]);
});

it('goes through all products by pages, each of them once', async () => {
  const seen = new Set<number>();
  const { pages, total } = (await get('/api/products')).body;
  for (let page = 1; page <= pages; page++) {
    const { body } = await get(`/api/products?page=${page}`);
    for (const { id } of body.products) seen.add(id);
  }
  expect([seen.size, total]).toEqual([120, 120]);
});

it('finds by name, and takes % and _ for what they are', async () => {
  const { name, id } = (await get('/api/products/7')).body;
  const found = await get(`/api/products?q=${encodeURIComponent(name.toUpperCase())}`);
  expect(found.body.products.map((product: { id: number }) => product.id)).toContain(id);
  expect((await get('/api/products?q=%25')).body.total).toBe(0);
  expect((await get('/api/products?q=_')).body.total).toBe(0);
});

it('counts the products of all categories', async () => {
  const { body } = await get('/api/categories');
  const sum = body.reduce((all: number, { products }: { products: number }) => all + products, 0);
  expect([body.length, sum]).toEqual([6, 120]);
});

it('answers 304 to who has the same already', async () => {
  const { headers } = await get('/api/products/9');
  const etag = (await get('/api/products/9')).headers.get('etag')!;
  expect(headers.get('cache-control')).toBe('no-cache');
  const again = await get('/api/products/9', { 'if-none-match': etag });
  expect([again.status, again.text]).toEqual([304, '']);
});

it('purges, when a price changes, what shows it and what is in order of price; all else stays', async () => {
  const { products } = (await get('/api/products')).body;
  const id = products[0].id;
  const shows = [`/api/products/${id}`, '/api/products', '/api/products?sort=price', '/api/products?sort=-price&page=2']; // prettier-ignore
  const others = [`/api/products/${products[1].id}`, '/api/products?page=2', '/api/categories'];
  for (const path of [...shows, ...others]) {
    await get(path);
    expect((await get(path)).isHit, path).toBe(true);
  }
  const changed = await client(shop)('PATCH', `/api/admin/products/${id}`, { price: 1234 }, manager); // prettier-ignore
  expect([changed.status, changed.body.price]).toEqual([200, 1234]);
  for (const path of shows) expect((await get(path)).isHit, path).toBe(false);
  for (const path of others) expect((await get(path)).isHit, path).toBe(true);
  expect((await get(`/api/products/${id}`)).body.price).toBe(1234);
});

it('leaves lists alone that do not show a product, when its stock changes', async () => {
  const dearest = (await get('/api/products?sort=-price')).body.products[0].id;
  const paths = ['/api/products?sort=price', '/api/products?sort=-price'];
  for (const path of paths) await get(path);
  await client(shop)('PATCH', `/api/admin/products/${dearest}`, { stock: 3 }, manager);
  const hits = await Promise.all(paths.map(async (path) => (await get(path)).isHit));
  expect(hits).toEqual([true, false]);
});
