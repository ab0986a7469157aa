// Products and categories in the database. Only SQL: what may be asked is the routes' to check.

import type { Queryable } from '../database/database.ts';

/** A product; `price` in cents. */
export interface Product {
  id: number;
  name: string;
  category: string;
  description: string;
  price: number;
  stock: number;
}

/** A category, and how many products it has. */
export interface Category {
  slug: string;
  name: string;
  products: number;
}

/** What to look for. */
export interface ProductFilter {
  /** In names, whatever its case; empty: all. */
  q: string;
  /** Slug; empty: all. */
  category: string;
  sort: ProductSort;
}

export type ProductSort = keyof typeof orders;

const orders = { name: 'name, id', price: 'price, id', '-price': 'price desc, id' };
const matching = `name ilike '%' || $1 || '%' and ($2 = '' or category = $2)`;

/** How many products match. */
export async function countProducts(db: Queryable, filter: ProductFilter): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count from products where ${matching}`,
    values(filter),
  );
  return rows[0]!.count;
}

/** The products that match, in order. */
export async function listProducts(
  db: Queryable,
  filter: ProductFilter,
  { limit, offset }: { limit: number; offset: number },
): Promise<Product[]> {
  const { rows } = await db.query<Product>(
    `select * from products where ${matching} order by ${orders[filter.sort]} limit $3 offset $4`,
    [...values(filter), limit, offset],
  );
  return rows;
}

/** The product with this id. */
export async function findProduct(db: Queryable, id: number): Promise<Product | undefined> {
  return (await db.query<Product>('select * from products where id = $1', [id])).rows[0];
}

/** Changes what is given. */
export async function updateProduct(
  db: Queryable,
  id: number,
  { price, stock }: { price?: number; stock?: number },
): Promise<Product | undefined> {
  const { rows } = await db.query<Product>(
    'update products set price = coalesce($2, price), stock = coalesce($3, stock) where id = $1 returning *',
    [id, price ?? null, stock ?? null],
  );
  return rows[0];
}

/** Takes from the stock, unless there is too little: one statement, so no two buyers get the same piece. */
export async function takeStock(
  db: Queryable,
  id: number,
  quantity: number,
): Promise<Product | undefined> {
  const { rows } = await db.query<Product>(
    'update products set stock = stock - $2 where id = $1 and stock >= $2 returning *',
    [id, quantity],
  );
  return rows[0];
}

/** All categories by name. */
export async function listCategories(db: Queryable): Promise<Category[]> {
  const { rows } = await db.query<Category>(
    `select slug, categories.name, count(products.id)::int as products
     from categories left join products on category = slug group by slug order by name`,
  );
  return rows;
}

// % and _ are themselves, not patterns.
function values({ q, category }: ProductFilter): string[] {
  return [q.replace(/[\\%_]/g, String.raw`\$&`), category];
}
