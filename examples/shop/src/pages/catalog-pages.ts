// The pages that are the same for everybody: lists and products. Cached and tagged as the API's answers are.

import { readFileSync } from 'node:fs';
import { inject, type CatzillaApp } from 'catzilla';
import { Catalog, tags, tagsOfPage, type ProductPage } from '../catalog/catalog.ts';
import type { Category, Product, ProductFilter } from '../catalog/product-repository.ts';
import { catalogCache } from '../catalog/product-routes.ts';
import { ProductParams, ProductQuery } from '../catalog/product-schemas.ts';
import { html, type Html } from './html.ts';
import { money, sendPage } from './layout.ts';

const sorts = { name: 'Name', price: 'Cheapest first', '-price': 'Dearest first' };
const style = readFileSync(new URL('../../public/style.css', import.meta.url), 'utf8');

export function catalogPages(app: CatzillaApp): void {
  const config = { cache: catalogCache };

  app.get('/style.css', { config }, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(style),
  );

  app.get(
    '/',
    { schema: { querystring: ProductQuery }, config },
    inject([Catalog], async (request, reply, catalog) => {
      const { page: number, ...filter } = request.query;
      const page = await catalog.page(filter, number);
      reply.cache.tags(...tagsOfPage(filter, page));
      return sendPage(reply, 'All goods', list(await catalog.categories(), filter, page));
    }),
  );

  app.get(
    '/products/:id',
    { schema: { params: ProductParams }, config },
    inject([Catalog], async (request, reply, catalog) => {
      const product = await catalog.product(request.params.id);
      reply.cache.tags(tags.product(product.id));
      return sendPage(reply, product.name, details(product));
    }),
  );
}

function list(categories: Category[], filter: ProductFilter, page: ProductPage): Html {
  const link = (number: number, text: string) => {
    const query = new URLSearchParams({ ...filter, page: String(number) });
    return html`<a href="/?${query.toString()}">${text}</a>`;
  };
  return html`<form class="search" role="search">
      <label>Search <input type="search" name="q" value="${filter.q}" maxlength="60" /></label>
      <label>
        Category
        <select name="category">
          ${option('', 'All', filter.category)}
          ${categories.map(({ slug, name }) => option(slug, name, filter.category))}
        </select>
      </label>
      <label>
        Order
        <select name="sort">
          ${Object.entries(sorts).map(([value, text]) => option(value, text, filter.sort))}
        </select>
      </label>
      <button>Show</button>
    </form>
    <p class="quiet-text">${page.total} goods</p>
    <ul class="products">
      ${page.products.map(card)}
    </ul>
    <nav class="pages" aria-label="Pages">
      ${page.page > 1 && link(page.page - 1, 'Previous')}
      <span>Page ${page.page} of ${page.pages}</span>
      ${page.page < page.pages && link(page.page + 1, 'Next')}
    </nav>`;
}

function option(value: string, text: string, chosen: string): Html {
  const selected = value === chosen && html`selected`;
  return html`<option value="${value}" ${selected}>${text}</option>`;
}

function card({ id, name, price, stock }: Product): Html {
  return html`<li>
    <h2><a href="/products/${id}">${name}</a></h2>
    <p class="price">${money(price)}</p>
    <p class="quiet-text">${availability(stock)}</p>
  </li>`;
}

function details({ id, description, price, stock }: Product): Html {
  return html`<div class="panel">
    <p>${description}</p>
    <p class="price">${money(price)}</p>
    <p class="quiet-text">${availability(stock)}</p>
    ${
      stock > 0 &&
      html`<form class="row" method="post" action="/cart">
        <input type="hidden" name="product" value="${id}" />
        <label>
          Pieces
          <input type="number" name="quantity" value="1" min="1" max="${Math.min(stock, 20)}" />
        </label>
        <button>Put into cart</button>
      </form>`
    }
  </div>`;
}

function availability(stock: number): string {
  return stock === 0 ? 'Sold out' : stock < 5 ? `Only ${stock} left` : 'In stock';
}
