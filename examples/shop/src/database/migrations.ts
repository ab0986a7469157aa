// The tables, as steps that are only ever added to: a database has the first n of them, and is given the rest.

import type { PGlite } from '@electric-sql/pglite';

const steps = [
  `create table categories (slug text primary key, name text not null);
   create table products (
     id int primary key generated always as identity,
     name text not null,
     category text not null references categories,
     description text not null,
     price int not null check (price > 0), -- cents
     stock int not null check (stock >= 0)
   );
   create index on products (category, name, id);
   create index on products (name, id);
   create index on products (price, id);`,
  `create table cart_items (
     cart uuid not null,
     product int not null references products,
     quantity int not null check (quantity between 1 and 20),
     primary key (cart, product)
   );
   create table orders (
     id uuid primary key default gen_random_uuid(),
     cart uuid not null,
     name text not null,
     address text not null,
     total int not null, -- cents
     placed_at timestamptz not null default now()
   );
   create table order_items (
     "order" uuid not null references orders,
     product int not null references products,
     quantity int not null,
     price int not null, -- of one, when it was ordered
     primary key ("order", product)
   );`,
];

/** Applies the steps that the database does not have; each of them wholly or not at all. */
export async function migrate(database: PGlite): Promise<void> {
  await database.exec('create table if not exists migrations (step int primary key)');
  const { rows } = await database.query<{ step: number }>('select step from migrations');
  for (const [index, sql] of steps.entries()) {
    if (rows.some(({ step }) => step === index)) continue;
    await database.transaction(async (tx) => {
      await tx.exec(sql);
      await tx.query('insert into migrations values ($1)', [index]);
    });
  }
}
