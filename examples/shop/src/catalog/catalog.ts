// What the shop offers: pages of products, single ones, categories. And the tags by which cached answers are found again.

import { problem, token, type Token } from 'catzilla';
import type { Queryable } from '../database/database.ts';
import {
  countProducts,
  findProduct,
  listCategories,
  listProducts,
  updateProduct,
  type Category,
  type Product,
  type ProductFilter,
} from './product-repository.ts';

/** Products on one page: with their tags, an answer stays below the 50 that the cache takes. */
const PAGE_SIZE = 24;

/** One page of products. */
export interface ProductPage {
  products: Product[];
  total: number;
  page: number;
  pages: number;
}

/** The catalogue as a service. */
export interface Catalog {
  page(filter: ProductFilter, page: number): Promise<ProductPage>;
  /** @throws problem 404 */
  product(id: number): Promise<Product>;
  categories(): Promise<Category[]>;
  /** @throws problem 404 */
  change(id: number, changes: { price?: number; stock?: number }): Promise<Product>;
}

export const Catalog: Token<Catalog> = token<Catalog>('catalog');

/** Tags of answers; what changes a product purges them. */
export const tags = {
  product: (id: number): string => `product:${id}`,
  /** Lists in order of price: a new price may move any product to any of their pages. */
  byPrice: 'products-by-price',
};

/** Tags of a page of products. */
export function tagsOfPage(filter: ProductFilter, { products }: ProductPage): string[] {
  const each = products.map(({ id }) => tags.product(id));
  return filter.sort === 'name' ? each : [...each, tags.byPrice];
}

export function createCatalog(database: Queryable): Catalog {
  const found = (product: Product | undefined): Product => {
    if (product !== undefined) return product;
    throw problem(404, { code: 'NO_PRODUCT', detail: 'there is no such product' });
  };
  return {
    async page(filter, page) {
      const total = await countProducts(database, filter);
      const offset = (page - 1) * PAGE_SIZE;
      const products = await listProducts(database, filter, { limit: PAGE_SIZE, offset });
      return { products, total, page, pages: Math.max(1, Math.ceil(total / PAGE_SIZE)) };
    },
    product: async (id) => found(await findProduct(database, id)),
    categories: () => listCategories(database),
    change: async (id, changes) => found(await updateProduct(database, id, changes)),
  };
}
