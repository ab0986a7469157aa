// What lies in carts, in the database.

import type { Queryable } from '../database/database.ts';

/** A line of a cart, with name and price as they are now. */
export interface CartLine {
  product: number;
  name: string;
  price: number;
  quantity: number;
}

/** The lines of a cart, in the order of the names. */
export async function listLines(db: Queryable, cart: string): Promise<CartLine[]> {
  const { rows } = await db.query<CartLine>(
    `select product, name, price, quantity from cart_items join products on id = product
     where cart = $1 order by name`,
    [cart],
  );
  return rows;
}

/** Sets how many there are of a product, whether or not there were any. */
export async function setLine(
  db: Queryable,
  cart: string,
  product: number,
  quantity: number,
): Promise<void> {
  await db.query(
    `insert into cart_items (cart, product, quantity) values ($1, $2, $3)
     on conflict (cart, product) do update set quantity = excluded.quantity`,
    [cart, product, quantity],
  );
}

/** Takes a product out. */
export async function removeLine(db: Queryable, cart: string, product: number): Promise<void> {
  await db.query('delete from cart_items where cart = $1 and product = $2', [cart, product]);
}

/** Empties the cart: of two who do so at once, one gets the lines. In the order of the ids, so that no two orders wait for each
 * other. */
export async function takeLines(
  db: Queryable,
  cart: string,
): Promise<{ product: number; quantity: number }[]> {
  const { rows } = await db.query<{ product: number; quantity: number }>(
    'delete from cart_items where cart = $1 returning product, quantity',
    [cart],
  );
  return rows.sort((a, b) => a.product - b.product);
}
