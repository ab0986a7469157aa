// Orders. Placing one is all or nothing: the cart is emptied, the stock taken and the order written in the transaction of the
// request, which is rolled back by whatever fails.

import { asyncToken, problem, type AsyncToken } from 'catzilla';
import { takeLines } from '../cart/cart-repository.ts';
import { tags } from '../catalog/catalog.ts';
import { takeStock } from '../catalog/product-repository.ts';
import type { Transaction } from '../database/transaction.ts';
import type { PageCache } from '../page-cache.ts';
import { findOrder, insertOrder, type Order, type OrderLine } from './order-repository.ts';

/** Who gets the parcel. */
export interface Recipient {
  name: string;
  address: string;
}

/** Orders as a service; of one request. */
export interface Orders {
  /** Orders what lies in the cart.
   * @throws problem 409 where it is empty, or there is not enough of something */
  place(cart: string, recipient: Recipient): Promise<Order>;
  /** @throws problem 404, also for an order of somebody else */
  find(cart: string, id: string): Promise<Order>;
}

export const Orders: AsyncToken<Orders> = asyncToken<Orders>('orders');

export function createOrders(tx: Transaction, pages: PageCache): Orders {
  return {
    async place(cart, { name, address }) {
      const wanted = await takeLines(tx, cart);
      if (wanted.length === 0)
        throw problem(409, { code: 'CART_EMPTY', detail: 'the cart is empty' });
      const lines: OrderLine[] = [];
      for (const { product: id, quantity } of wanted) {
        const product = await takeStock(tx, id, quantity);
        if (product === undefined) {
          const detail = `there are fewer than ${quantity} of product ${id}`;
          throw problem(409, { code: 'OUT_OF_STOCK', detail });
        }
        lines.push({ product: id, name: product.name, quantity, price: product.price });
      }
      const total = lines.reduce((sum, line) => sum + line.price * line.quantity, 0);
      const id = await insertOrder(tx, cart, { name, address, total, lines });
      // Not before: a page that is made between purge and commit would show the old stock.
      tx.afterCommit(() => pages.purge(lines.map(({ product }) => tags.product(product))));
      return { id, name, address, total, lines };
    },
    async find(cart, id) {
      const order = await findOrder(tx, cart, id);
      if (order !== undefined) return order;
      throw problem(404, { code: 'NO_ORDER', detail: 'there is no such order' });
    },
  };
}
