// The client's cart as an API.

import { contextOf, group, inject, type CatzillaTypeProvider } from 'catzilla';
import { Type } from 'typebox';
import { Id, ProductParams } from '../catalog/product-schemas.ts';
import { Carts } from './carts.ts';
import { session } from './session.ts';

export const Quantity = Type.Integer({ minimum: 1, maximum: 20 });

const Cart = Type.Object(
  {
    lines: Type.Array(
      Type.Object({
        product: Id,
        name: Type.String(),
        price: Type.Integer({ description: 'cents, of one' }),
        quantity: Quantity,
      }),
    ),
    total: Type.Integer({ description: 'cents' }),
  },
  { $id: 'Cart' },
);
const body = Type.Object({ quantity: Quantity }, { additionalProperties: false });
const response = { 200: Cart };

export const cartRoutes = group({
  prefix: '/api/cart',
  tags: ['cart'],
  middleware: [session],
}).withTypeProvider<CatzillaTypeProvider>();

cartRoutes.get(
  '/',
  { schema: { response } },
  inject([Carts], async (request, _reply, carts) => carts.read(contextOf(request, session).cart)),
);

cartRoutes.put(
  '/items/:id',
  { schema: { params: ProductParams, body, response }, config: { problems: [404, 409] } },
  inject([Carts], async (request, _reply, carts) =>
    carts.put(contextOf(request, session).cart, request.params.id, request.body.quantity),
  ),
);

cartRoutes.delete(
  '/items/:id',
  { schema: { params: ProductParams, response } },
  inject([Carts], async (request, _reply, carts) =>
    carts.remove(contextOf(request, session).cart, request.params.id),
  ),
);
