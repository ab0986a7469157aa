// Orders in the database, and what the report adds up.

import type { Queryable } from '../database/database.ts';

/** A line of an order; `price` in cents, of one, as it was. */
export interface OrderLine {
  product: number;
  name: string;
  quantity: number;
  price: number;
}

/** An order; `total` in cents. */
export interface Order {
  id: string;
  name: string;
  address: string;
  total: number;
  lines: OrderLine[];
}

/** Writes an order down.
 * @returns its id */
export async function insertOrder(
  db: Queryable,
  cart: string,
  { name, address, total, lines }: Omit<Order, 'id'>,
): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    'insert into orders (cart, name, address, total) values ($1, $2, $3, $4) returning id',
    [cart, name, address, total],
  );
  const { id } = rows[0]!;
  for (const line of lines) {
    await db.query('insert into order_items values ($1, $2, $3, $4)', [
      id,
      line.product,
      line.quantity,
      line.price,
    ]);
  }
  return id;
}

/** The order with this id, of this cart. */
export async function findOrder(
  db: Queryable,
  cart: string,
  id: string,
): Promise<Order | undefined> {
  const { rows } = await db.query<Order>(
    `select o.id, o.name, o.address, o.total, json_agg(json_build_object('product', product, 'name', p.name,
       'quantity', quantity, 'price', i.price) order by product) as lines
     from orders o join order_items i on i."order" = o.id join products p on p.id = product
     where o.id = $1 and cart = $2 group by o.id`,
    [id, cart],
  );
  return rows[0];
}

/** What was sold in a category; `revenue` in cents. */
export interface CategorySales {
  category: string;
  pieces: number;
  revenue: number;
  products: number;
  inStock: number;
}

/** Sums over all orders and products. */
export async function sumSales(db: Queryable): Promise<CategorySales[]> {
  const { rows } = await db.query<CategorySales>(
    `select category, coalesce(sum(sold.pieces), 0)::int as pieces, coalesce(sum(sold.revenue), 0)::int as revenue,
       count(*)::int as products, sum(stock)::int as "inStock"
     from products left join (select product, sum(quantity) as pieces, sum(quantity * price) as revenue
       from order_items group by product) sold on product = id group by category order by category`,
  );
  return rows;
}
