// Who is answered by the dashboard, on every route of it: the application's guard decides; without one, in development, this
// machine alone.
// Invariant: data is read by no page of another site.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errors } from '../errors.ts';
import { runGuard } from '../guard.ts';
import type { Guard } from '../guard.ts';
import { isLocal } from '../is-local.ts';

/** A hook that returns the reply where it has been sent. */
export type AccessHook = (
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply | undefined>;

/** Makes the hook.
 * @param path  for the message
 * @throws CATZ_MONITOR_NO_GUARD in production without a guard */
export function accessHook(
  guard: Guard | undefined,
  mode: 'development' | 'production',
  path: string,
): AccessHook {
  if (guard !== undefined) {
    return async (request, reply) => ((await runGuard(guard, request, reply)) ? undefined : reply);
  }
  if (mode === 'production') throw new errors.NO_GUARD(path);
  return async (request) => {
    if (!isLocal(request)) throw new errors.FORBIDDEN();
    return undefined;
  };
}

/** Refuses what a page of another site asks for: of data, so that no such page reads it, whatever the application's CORS says.
 * A browser says in Sec-Fetch-Site whose page asks; those that do not, say Origin where it is not this one.
 * @throws (rejects) CATZ_MONITOR_CROSS_SITE */
export async function refuseOtherSites(request: FastifyRequest): Promise<void> {
  if (siteOf(request) === 'other') throw new errors.CROSS_SITE();
}

/** Whose page a request is of: 'same' this application's; 'other' another's; 'unknown': it came from no browser, or is a GET of
 * one that does not say. */
export function siteOf({ headers, host }: FastifyRequest): 'same' | 'other' | 'unknown' {
  const site = headers['sec-fetch-site'];
  // 'none': a person has asked for it, by the address bar.
  if (site !== undefined) return site === 'same-origin' || site === 'none' ? 'same' : 'other';
  if (headers.origin === undefined) return 'unknown';
  return hostOf(headers.origin) === host.toLowerCase() ? 'same' : 'other';
}

// Without the scheme: behind a proxy that ends TLS it is another.
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
