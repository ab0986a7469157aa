// The pages of one client: cart, checkout, order. By forms alone, without a script; kept in no cache.

import { contextOf, group, inject, type CatzillaTypeProvider } from 'catzilla';
import { Type } from 'typebox';
import { Carts, type Cart } from '../cart/carts.ts';
import { session } from '../cart/session.ts';
import { Id } from '../catalog/product-schemas.ts';
import type { Order } from '../orders/order-repository.ts';
import { OrderParams, Recipient } from '../orders/order-routes.ts';
import { Orders } from '../orders/orders.ts';
import { html, type Html } from './html.ts';
import { money, sendPage } from './layout.ts';

const Line = Type.Object(
  { product: Id, quantity: Type.Integer({ minimum: 0, maximum: 20 }) },
  { additionalProperties: false },
);

/** The pages.
 * @param max  orders of one address in a minute */
export function cartPages(max: number) {
  const pages = group({ middleware: [session] }).withTypeProvider<CatzillaTypeProvider>();

  pages.get(
    '/cart',
    inject([Carts], async (request, reply, carts) =>
      sendPage(reply, 'Cart', cartOf(await carts.read(contextOf(request, session).cart))),
    ),
  );

  pages.post(
    '/cart',
    { schema: { body: Line } },
    inject([Carts], async (request, reply, carts) => {
      const { cart } = contextOf(request, session);
      const { product, quantity } = request.body;
      await (quantity === 0 ? carts.remove(cart, product) : carts.put(cart, product, quantity));
      return reply.redirect('/cart', 303);
    }),
  );

  pages.post(
    '/orders',
    {
      schema: { body: Recipient },
      config: { rateLimit: { max, timeWindow: 60_000 } },
    },
    inject([Orders], async (request, reply, orders) => {
      const order = await orders.place(contextOf(request, session).cart, request.body);
      return reply.redirect(`/orders/${order.id}`, 303);
    }),
  );

  pages.get(
    '/orders/:id',
    { schema: { params: OrderParams } },
    inject([Orders], async (request, reply, orders) => {
      const order = await orders.find(contextOf(request, session).cart, request.params.id);
      return sendPage(reply, 'Thank you', orderOf(order));
    }),
  );
  return pages;
}

function cartOf({ lines, total }: Cart): Html {
  if (lines.length === 0) return html`<p>It is empty. <a href="/">See all goods</a></p>`;
  return html`<table>
      <thead>
        <tr>
          <th scope="col">Product</th>
          <th scope="col">Pieces</th>
          <th scope="col" class="number">Price</th>
        </tr>
      </thead>
      <tbody>
        ${lines.map(
          ({ product, name, quantity, price }) =>
            html`<tr>
              <td><a href="/products/${product}">${name}</a></td>
              <td>
                <form method="post" action="/cart">
                  <input type="hidden" name="product" value="${product}" />
                  <input
                    type="number"
                    name="quantity"
                    value="${quantity}"
                    min="0"
                    max="20"
                    aria-label="Pieces of ${name}"
                  />
                  <button class="quiet">Set</button>
                </form>
              </td>
              <td class="number">${money(price * quantity)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <p class="price">Total ${money(total)}</p>
    <form class="checkout panel" method="post" action="/orders">
      <label>Name <input name="name" required maxlength="80" autocomplete="name" /></label>
      <label>
        Address
        <textarea
          name="address"
          required
          maxlength="300"
          rows="3"
          autocomplete="street-address"
        ></textarea>
      </label>
      <button>Order for ${money(total)}</button>
    </form>`;
}

function orderOf({ name, address, total, lines }: Order): Html {
  return html`<div class="panel">
    <p>${money(total)} in all. The parcel goes to ${name}, ${address}.</p>
    <ul>
      ${lines.map((line) => html`<li>${line.quantity} × ${line.name}</li>`)}
    </ul>
    <a href="/">See more goods</a>
  </div>`;
}
