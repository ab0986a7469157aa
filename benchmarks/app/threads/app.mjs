// The application that `catzilla start` serves with one thread and with two: pages of 1 KB that are cached. Each run of the
// handler is one byte more in the file that RUNS names, so that what ran in which thread can be counted from outside.
import { appendFileSync } from 'node:fs';
import { pageOf } from './pages.mjs';

export const config = { server: { logger: false }, cache: { ttl: 3_600_000 } };

export default async function pages(app) {
  app.get('/pages/:id', ({ params }) => {
    appendFileSync(process.env.RUNS, '.');
    return pageOf(Number(params.id));
  });
}
