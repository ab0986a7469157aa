// Schemas of products: what may be asked, and what is answered.

import { Type } from 'typebox';

/** An id in a URL, within PostgreSQL's int. */
export const Id = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });

export const ProductParams = Type.Object({ id: Id });

export const ProductQuery = Type.Object({
  q: Type.String({ maxLength: 60, default: '' }),
  category: Type.String({ maxLength: 30, default: '' }),
  sort: Type.Union([Type.Literal('name'), Type.Literal('price'), Type.Literal('-price')], {
    default: 'name',
  }),
  page: Type.Integer({ minimum: 1, maximum: 10_000, default: 1 }),
});

/** Parameters that count for the cache; others do not reach the handler. */
export const QUERY_NAMES: string[] = Object.keys(ProductQuery.properties);

export const Product = Type.Object(
  {
    id: Id,
    name: Type.String(),
    category: Type.String(),
    description: Type.String(),
    price: Type.Integer({ description: 'cents' }),
    stock: Type.Integer(),
  },
  { $id: 'Product' },
);

export const ProductPage = Type.Object({
  products: Type.Array(Product),
  total: Type.Integer(),
  page: Type.Integer(),
  pages: Type.Integer(),
});

export const Categories = Type.Array(
  Type.Object({ slug: Type.String(), name: Type.String(), products: Type.Integer() }),
);
