import { expect, it } from 'vitest';
import { Database } from '../src/database/database.ts';
import { client, manager, shopForAll } from './support.ts';

const shop = shopForAll();
const recipient = { name: 'Nobody Inparticular', address: '1 Example Street' };

async function setStock(id: number, stock: number) {
  const answer = await client(shop)('PATCH', `/api/admin/products/${id}`, { stock }, manager);
  expect(answer.status).toBe(200);
}
const stockOf = async (id: number) => (await client(shop)('GET', `/api/products/${id}`)).body.stock;

it('orders what lies in the cart, takes it from the stock and empties the cart', async () => {
  const send = client(shop);
  await setStock(1, 10);
  await setStock(2, 10);
  expect(await stockOf(1)).toBe(10);
  await send('PUT', '/api/cart/items/1', { quantity: 2 });
  const cart = await send('PUT', '/api/cart/items/2', { quantity: 3 });
  expect(cart.body.lines).toHaveLength(2);
  const order = await send('POST', '/api/orders', recipient);
  expect([order.status, order.body.total]).toEqual([201, cart.body.total]);
  expect([await stockOf(1), await stockOf(2)]).toEqual([8, 7]);
  expect((await send('GET', '/api/cart')).body).toEqual({ lines: [], total: 0 });
  const found = await send('GET', order.headers.get('location')!);
  expect([found.status, found.body]).toEqual([200, order.body]);
  expect(found.headers.get('cache-control')).toBe('no-store');
});

it('shows an order to nobody else', async () => {
  const send = client(shop);
  await setStock(3, 1);
  await send('PUT', '/api/cart/items/3', { quantity: 1 });
  const order = await send('POST', '/api/orders', recipient);
  const other = await client(shop)('GET', order.headers.get('location')!);
  expect([other.status, other.body.code]).toEqual([404, 'NO_ORDER']);
});

it('sells five pieces five times, however many ask at once', async () => {
  await setStock(4, 5);
  const clients = Array.from({ length: 20 }, () => client(shop));
  await Promise.all(clients.map((send) => send('PUT', '/api/cart/items/4', { quantity: 1 })));
  const answers = await Promise.all(clients.map((send) => send('POST', '/api/orders', recipient)));
  const count = (status: number) => answers.filter((answer) => answer.status === status).length;
  expect([count(201), count(409), await stockOf(4)]).toEqual([5, 15, 0]);
});

it('orders a cart once, although it is sent twice at once', async () => {
  const send = client(shop);
  await setStock(5, 10);
  await send('PUT', '/api/cart/items/5', { quantity: 2 });
  const answers = await Promise.all([1, 2, 3].map(() => send('POST', '/api/orders', recipient)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  expect(await stockOf(5)).toBe(8);
});

it('takes everything back where one line cannot be had', async () => {
  const send = client(shop);
  await setStock(6, 10);
  await setStock(7, 1);
  await send('PUT', '/api/cart/items/6', { quantity: 2 });
  await send('PUT', '/api/cart/items/7', { quantity: 2 });
  const order = await send('POST', '/api/orders', recipient);
  expect([order.status, order.body.code]).toEqual([409, 'OUT_OF_STOCK']);
  expect([await stockOf(6), await stockOf(7)]).toEqual([10, 1]);
  expect((await send('GET', '/api/cart')).body.lines).toHaveLength(2);
});

it('takes everything back where the database fails in the middle, and says nothing of why', async () => {
  const send = client(shop);
  const database = shop.app.di.get(Database);
  await setStock(8, 10);
  await send('PUT', '/api/cart/items/8', { quantity: 1 });
  await database.exec('alter table order_items rename to elsewhere');
  try {
    const order = await send('POST', '/api/orders', recipient);
    expect([order.status, order.body.title]).toEqual([500, 'Internal Server Error']);
    expect(order.text).not.toContain('order_items');
  } finally {
    await database.exec('alter table elsewhere rename to order_items');
  }
  expect(await stockOf(8)).toBe(10);
  expect((await send('POST', '/api/orders', recipient)).status).toBe(201);
});

it('refuses to order an empty cart', async () => {
  const order = await client(shop)('POST', '/api/orders', recipient);
  expect([order.status, order.body.code]).toEqual([409, 'CART_EMPTY']);
});
