// The page at /: the files of public/, read once. Nothing is built, and nothing comes from elsewhere,
// which the content security policy makes sure of.

import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'catzilla';

const FOLDER = new URL('../public/', import.meta.url);

const FILES = [
  { url: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { url: '/page.css', file: 'page.css', type: 'text/css; charset=utf-8' },
  { url: '/page.js', file: 'page.js', type: 'text/javascript; charset=utf-8' },
  { url: '/sparkline.js', file: 'sparkline.js', type: 'text/javascript; charset=utf-8' },
  { url: '/icon.svg', file: 'icon.svg', type: 'image/svg+xml' },
];

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Declares one route per file of the page. */
export async function pageRoutes(app: FastifyInstance): Promise<void> {
  for (const { url, file, type } of FILES) {
    const body = await readFile(new URL(file, FOLDER));
    app.get(url, { config: { cache: false } }, async (_request, reply) => {
      reply.headers({
        'content-type': type,
        'cache-control': 'no-cache',
        'content-security-policy': POLICY,
        'x-content-type-options': 'nosniff',
      });
      return body;
    });
  }
}
