// What staff does: read the report, change prices and stock. A change purges what shows the product, and nothing else.

import { group, inject, type CatzillaTypeProvider } from 'catzilla';
import { Type } from 'typebox';
import { Catalog, tags } from '../catalog/catalog.ts';
import { Product, ProductParams } from '../catalog/product-schemas.ts';
import { PageCache } from '../page-cache.ts';
import type { Settings } from '../settings.ts';
import { SalesReport } from './sales-report.ts';
import { managers, staff } from './staff.ts';

const Changes = Type.Object(
  {
    price: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000_000 })),
    stock: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  },
  { additionalProperties: false, minProperties: 1 },
);
const Report = Type.Array(
  Type.Object({
    category: Type.String(),
    pieces: Type.Integer(),
    revenue: Type.Integer({ description: 'cents' }),
    products: Type.Integer(),
    inStock: Type.Integer(),
  }),
);

export function adminRoutes(tokens: Settings['tokens']) {
  const admin = group({
    prefix: '/api/admin',
    tags: ['admin'],
    security: [{ staff: [] }],
    middleware: [staff(tokens)],
    config: { cache: false },
  }).withTypeProvider<CatzillaTypeProvider>();

  admin.get(
    '/report',
    { schema: { response: { 200: Report } } },
    inject([SalesReport], async (_request, _reply, report) => report.read()),
  );

  admin.patch(
    '/products/:id',
    {
      schema: { params: ProductParams, body: Changes, response: { 200: Product } },
      config: { middleware: [managers], problems: [403, 404] },
    },
    inject([Catalog, PageCache], async (request, _reply, catalog, pages) => {
      const product = await catalog.change(request.params.id, request.body);
      const isPriced = request.body.price !== undefined;
      await pages.purge([tags.product(product.id), ...(isPriced ? [tags.byPrice] : [])]);
      return product;
    }),
  );
  return admin;
}
