// What all pages have in common. Nothing of the client stands here, so that pages can be cached for everybody.

import type { FastifyReply } from 'catzilla';
import { html, type Html } from './html.ts';

/** Answers with a page. */
export function sendPage(reply: FastifyReply, title: string, content: Html): FastifyReply {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} – Plain Goods</title>
        <link rel="stylesheet" href="/style.css" />
        <link rel="icon" href="data:," />
      </head>
      <body>
        <a class="skip" href="#content">Skip to content</a>
        <header>
          <a class="mark" href="/">Plain Goods</a>
          <nav aria-label="Shop"><a href="/cart">Cart</a></nav>
        </header>
        <main id="content">
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>`;
  return reply.type('text/html; charset=utf-8').send(page.toString());
}

/** Cents as a price. */
export function money(cents: number): string {
  return `€ ${(cents / 100).toFixed(2)}`;
}
