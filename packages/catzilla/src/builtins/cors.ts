// The one thing about CORS that is never right: credentials together with every origin. Any site a user visits could then read
// what is theirs (Fetch, 3.3.5 forbids it for '*'; a plugin that reflects the origin gets around that).
import { show } from '@catzilla/common';
import type { FastifyCorsOptions } from '@fastify/cors';
import { errors } from '../errors.ts';

/** An origin that nobody has: what accepts it accepts everybody. */
const NOBODY = 'https://4f1d0b9c.invalid';

/** Completes the options of @fastify/cors: without `origin` no other origin is allowed.
 * @throws CATZ_APP_CORS where credentials are sent to every origin; functions are not asked */
export function corsOptions(given: FastifyCorsOptions): FastifyCorsOptions {
  const { origin = false, credentials } = given;
  if (credentials === true && allowsAll(origin)) throw new errors.CORS(show(origin));
  return { ...given, origin };
}

function allowsAll(origin: unknown): boolean {
  if (Array.isArray(origin)) return origin.some(allowsAll);
  if (origin instanceof RegExp) return NOBODY.search(origin) !== -1;
  return origin === true || origin === '*';
}
