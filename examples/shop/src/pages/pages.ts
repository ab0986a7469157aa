// The storefront: all pages, and the page that stands for an error, since people read no JSON.

import { STATUS_CODES } from 'node:http';
import type { CatzillaApp, FastifyReply, FastifyRequest } from 'catzilla';
import type { Settings } from '../settings.ts';
import { cartPages } from './cart-pages.ts';
import { catalogPages } from './catalog-pages.ts';
import { html } from './html.ts';
import { sendPage } from './layout.ts';

export async function addPages(app: CatzillaApp, settings: Settings): Promise<void> {
  await app.register(async (scope) => {
    scope.setErrorHandler(errorPage);
    catalogPages(scope);
    await scope.register(cartPages(settings.ordersPerMinute).plugin);
  });
}

// Errors below 500 were written for clients; what is behind others is for the log alone.
function errorPage(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { statusCode = 500, message } = error as { statusCode?: number; message?: string };
  if (statusCode >= 500) request.log.error({ err: error }, 'a page failed');
  const reason = statusCode < 500 ? message : 'Something went wrong here. Please try again later.';
  return sendPage(
    reply.code(statusCode),
    STATUS_CODES[statusCode] ?? 'Error',
    html`<p>${reason}</p>
      <p><a href="/cart">Back to the cart</a> or <a href="/">to all goods</a></p>`,
  );
}
