// Who is asking: a cart's id in a cookie. It cannot be guessed, so it is not signed; it is not sent along from other sites, so
// their forms cannot order anything. Answers that depend on it are kept nowhere.

import { randomUUID } from 'node:crypto';
import { defineMiddleware, type Middleware } from 'catzilla';

const NAME = 'cart';
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Gives `ctx.cart`, the id of the client's cart; the first request of a client gets a new one. */
export const session: Middleware<{ cart: string }> = defineMiddleware<{ cart: string }>()({
  name: 'session',
  provides: ['cart'],
  pre(request, reply) {
    void reply.header('cache-control', 'no-store');
    const known = request.cookies[NAME];
    if (known !== undefined && UUID.test(known)) return { cart: known };
    const cart = randomUUID();
    void reply.setCookie(NAME, cart, {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: 'auto',
      maxAge: 30 * 24 * 3600, // seconds: the cookie's own unit
    });
    return { cart };
  },
});
