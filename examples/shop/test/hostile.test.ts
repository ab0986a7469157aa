import { describe, expect, it } from 'vitest';
import { client, manager, shopForAll } from './support.ts';

const shop = shopForAll({ ordersPerMinute: 3 });
const send = client(shop);
const json = { 'content-type': 'application/json' };

describe('a request that does not fit', () => {
  it.each([
    ['PUT', '/api/cart/items/1', { quantity: 0 }, 400],
    ['PUT', '/api/cart/items/1', { quantity: 1.5 }, 400],
    ['PUT', '/api/cart/items/1', { quantity: '2' }, 400],
    ['PUT', '/api/cart/items/1', { quantity: 1, price: 0 }, 400],
    ['PUT', '/api/cart/items/99999', { quantity: 1 }, 404],
    ['PUT', '/api/cart/items/2147483648', { quantity: 1 }, 400],
    ['PUT', "/api/cart/items/1'--", { quantity: 1 }, 400],
    ['PUT', '/api/cart/items/1', '{"quantity":1,"quantity":20}', 400],
    ['PUT', '/api/cart/items/1', '{"__proto__":{"a":1},"quantity":1}', 400],
    ['PUT', '/api/cart/items/1', '{"quantity":', 400],
    ['POST', '/api/orders', { name: ' ', address: 'x' }, 400],
    ['POST', '/api/orders', { name: 'x'.repeat(81), address: 'x' }, 400],
    ['POST', '/api/orders', 'x'.repeat(1_100_000), 413],
    ['GET', '/api/orders/1', undefined, 400],
    ['GET', '/api/products?page=0', undefined, 400],
    ['GET', '/api/products?page=1e3', undefined, 400],
    ['GET', '/api/products?sort=price;drop', undefined, 400],
    ['GET', '/api/products/%E0%A4%A', undefined, 400],
    ['GET', '/nowhere', undefined, 404],
  ] as const)('%s %s is a problem: case %#', async (method, path, body, status) => {
    const answer = await send(method, path, body, body === undefined ? {} : json);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body.status).toBe(status);
  });

  it('changes nothing for a manager either', async () => {
    for (const body of [{}, { price: 0 }, { name: 'x' }, { stock: -1 }, { stock: '1' }]) {
      expect((await send('PATCH', '/api/admin/products/1', body, manager)).status).toBe(400);
    }
  });
});

it('takes what looks like SQL for a name to look for', async () => {
  const path = `/api/products?q=${encodeURIComponent("' or 1=1 --")}`;
  expect((await send('GET', path)).body).toMatchObject({ total: 0 });
});

it('begins a new cart for a cookie that is none of its own', async () => {
  const answer = await client(shop)('GET', '/api/cart', undefined, { cookie: "cart=' or 1=1" });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('set-cookie')).toMatch(/^cart=[\da-f-]{36};.*HttpOnly.*SameSite=Lax/);
});

it('writes what people have typed as text into its pages', async () => {
  const page = await send('GET', '/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E');
  expect(page.text).toContain('value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
  expect(page.text).not.toContain('<script');
});

it('takes so many orders in a minute, and then says when to come again', async () => {
  const body = { name: 'a', address: 'b' };
  const statuses = [];
  for (let order = 0; order < 6; order++) {
    const answer = await send('POST', '/api/orders', body);
    statuses.push(answer.status);
    if (answer.status !== 429) continue;
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  }
  expect(statuses.at(-1)).toBe(429);
  expect(statuses.filter((status) => status === 409).length).toBeLessThanOrEqual(3);
});
