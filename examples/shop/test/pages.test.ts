import { expect, it } from 'vitest';
import { client, manager, shopForAll } from './support.ts';

const shop = shopForAll();
const form = (fields: Record<string, string>) => new URLSearchParams(fields);

it('shows lists and products to everybody from the cache, also to who has a cart', async () => {
  for (const path of ['/', '/?category=garden&sort=-price', '/products/3', '/style.css']) {
    const first = await client(shop)('GET', path);
    expect([path, first.status, first.headers.get('set-cookie')]).toEqual([path, 200, null]);
    const again = await client(shop)('GET', path, undefined, { cookie: 'cart=x' });
    expect([again.isHit, again.text]).toEqual([true, first.text]);
  }
});

it('shows a new price at once', async () => {
  const before = await client(shop)('GET', '/products/3');
  await client(shop)('PATCH', '/api/admin/products/3', { price: 123_456 }, manager);
  const after = await client(shop)('GET', '/products/3');
  expect([before.text.includes('1234.56'), after.text.includes('1234.56')]).toEqual([false, true]);
});

it('sells by forms: product, cart, order', async () => {
  const send = client(shop);
  await send('PATCH', '/api/admin/products/5', { stock: 9 }, manager);
  const added = await send('POST', '/cart', form({ product: '5', quantity: '2' }));
  expect([added.status, added.headers.get('location')]).toEqual([303, '/cart']);
  expect((await send('GET', '/cart')).text).toContain('Pieces of');
  const ordered = await send('POST', '/orders', form({ name: 'A <b>', address: 'Road' }));
  expect(ordered.status).toBe(303);
  const thanks = await send('GET', ordered.headers.get('location')!);
  expect(thanks.text).toContain('A &lt;b&gt;');
  expect(thanks.headers.get('cache-control')).toBe('no-store');
  expect((await send('GET', '/cart')).text).toContain('It is empty');
});

it('takes a product out of the cart by the number 0', async () => {
  const send = client(shop);
  await send('POST', '/cart', form({ product: '6', quantity: '2' }));
  await send('POST', '/cart', form({ product: '6', quantity: '0' }));
  expect((await send('GET', '/cart')).text).toContain('It is empty');
});

it('says in a page what went wrong', async () => {
  const send = client(shop);
  await send('PATCH', '/api/admin/products/7', { stock: 1 }, manager);
  await send('POST', '/cart', form({ product: '7', quantity: '3' }));
  const refused = await send('POST', '/orders', form({ name: 'A', address: 'B' }));
  expect([refused.status, refused.headers.get('content-type')]).toEqual([409, 'text/html; charset=utf-8']); // prettier-ignore
  expect(refused.text).toContain('fewer than 3');
  const none = await send('GET', '/products/99999');
  expect([none.status, none.text.includes('no such product')]).toEqual([404, true]);
});
