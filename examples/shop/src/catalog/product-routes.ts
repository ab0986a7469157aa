// The catalogue as an API. Everything here is the same for everybody: cookies do not count, and what is cached is tagged by
// the products it shows, so that a change finds exactly those answers.

import { inject, type CatzillaApp } from 'catzilla';
import { Catalog, tags, tagsOfPage } from './catalog.ts';
import { Categories, Product, ProductPage, ProductParams, ProductQuery, QUERY_NAMES } from './product-schemas.ts'; // prettier-ignore

/** How answers of the catalogue are cached: for an hour, since changes purge them. Clients ask again each time, and mostly
 * hear 304. */
export const catalogCache = {
  ttl: 3_600_000,
  cookies: 'ignore',
  clientCacheControl: 'no-cache',
  query: { sort: true, allow: QUERY_NAMES },
} as const;

export function productRoutes(app: CatzillaApp): void {
  app.get(
    '/api/products',
    {
      schema: { tags: ['catalogue'], querystring: ProductQuery, response: { 200: ProductPage } },
      config: { cache: catalogCache },
    },
    inject([Catalog], async (request, reply, catalog) => {
      const { page: number, ...filter } = request.query;
      const page = await catalog.page(filter, number);
      reply.cache.tags(...tagsOfPage(filter, page));
      return page;
    }),
  );

  app.get(
    '/api/products/:id',
    {
      schema: { tags: ['catalogue'], params: ProductParams, response: { 200: Product } },
      config: { cache: catalogCache, problems: [404] },
    },
    inject([Catalog], async (request, reply, catalog) => {
      reply.cache.tags(tags.product(request.params.id));
      return catalog.product(request.params.id);
    }),
  );

  app.get(
    '/api/categories',
    {
      schema: { tags: ['catalogue'], response: { 200: Categories } },
      config: { cache: catalogCache },
    },
    inject([Catalog], async (_request, _reply, catalog) => catalog.categories()),
  );
}
