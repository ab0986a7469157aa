// Carts: a few lines each, found by the id that the session cookie holds.

import { problem, token, type Token } from 'catzilla';
import type { Catalog } from '../catalog/catalog.ts';
import type { Queryable } from '../database/database.ts';
import { listLines, removeLine, setLine, type CartLine } from './cart-repository.ts';

/** Lines that a cart may have. */
const MAX_LINES = 50;

/** A cart; `total` in cents. */
export interface Cart {
  lines: CartLine[];
  total: number;
}

/** Carts as a service. */
export interface Carts {
  read(cart: string): Promise<Cart>;
  /** @throws problem 404 where there is no such product; 409 where the cart is full */
  put(cart: string, product: number, quantity: number): Promise<Cart>;
  remove(cart: string, product: number): Promise<Cart>;
}

export const Carts: Token<Carts> = token<Carts>('carts');

export function createCarts(database: Queryable, catalog: Catalog): Carts {
  const read = async (cart: string): Promise<Cart> => {
    const lines = await listLines(database, cart);
    return { lines, total: lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0) };
  };
  return {
    read,
    async put(cart, product, quantity) {
      await catalog.product(product);
      const { lines } = await read(cart);
      if (lines.length >= MAX_LINES && !lines.some((line) => line.product === product)) {
        throw problem(409, { code: 'CART_FULL', detail: `a cart has at most ${MAX_LINES} lines` });
      }
      await setLine(database, cart, product, quantity);
      return read(cart);
    },
    async remove(cart, product) {
      await removeLine(database, cart, product);
      return read(cart);
    },
  };
}
