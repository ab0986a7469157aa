// Orders as an API: few of them in a minute from one address.

import { contextOf, group, inject, type CatzillaTypeProvider } from 'catzilla';
import { Type } from 'typebox';
import { Quantity } from '../cart/cart-routes.ts';
import { session } from '../cart/session.ts';
import { Id } from '../catalog/product-schemas.ts';
import { Orders } from './orders.ts';

const text = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: String.raw`\S` });

export const Recipient = Type.Object(
  { name: text(80), address: text(300) },
  { additionalProperties: false },
);
export const OrderParams = Type.Object({ id: Type.String({ format: 'uuid' }) });

const Order = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name: Type.String(),
    address: Type.String(),
    total: Type.Integer({ description: 'cents' }),
    lines: Type.Array(
      Type.Object({ product: Id, name: Type.String(), quantity: Quantity, price: Type.Integer() }),
    ),
  },
  { $id: 'Order' },
);

/** The routes.
 * @param max  orders of one address in a minute */
export function orderRoutes(max: number) {
  const routes = group({
    prefix: '/api/orders',
    tags: ['orders'],
    middleware: [session],
  }).withTypeProvider<CatzillaTypeProvider>();

  routes.post(
    '/',
    {
      schema: { body: Recipient, response: { 201: Order } },
      config: { rateLimit: { max, timeWindow: 60_000 }, problems: [409] },
    },
    inject([Orders], async (request, reply, orders) => {
      const order = await orders.place(contextOf(request, session).cart, request.body);
      return reply.code(201).header('location', `/api/orders/${order.id}`).send(order);
    }),
  );

  routes.get(
    '/:id',
    { schema: { params: OrderParams, response: { 200: Order } }, config: { problems: [404] } },
    inject([Orders], async (request, _reply, orders) =>
      orders.find(contextOf(request, session).cart, request.params.id),
    ),
  );
  return routes;
}
