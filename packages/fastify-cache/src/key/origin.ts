// Whose URL a request names: scheme and host, as they stand in keys.
// Invariant: noted before the handler runs, for afterwards it may be too late to ask: undici takes the socket off a request
// whose body it has sent on, and Fastify then knows no protocol, and believes no forwarded field.
import type { FastifyRequest } from 'fastify';
import { normalizeHost } from './host.ts';

/** Scheme and normalised host. */
export interface Origin {
  readonly scheme: string;
  readonly host: string;
}

const noted: WeakMap<FastifyRequest, Origin> = new WeakMap();

/** Notes the origin of a request whose reply will be asked about it. */
export function noteOrigin(request: FastifyRequest): void {
  const origin = originNow(request);
  if (origin !== undefined) noted.set(request, origin);
}

/** The origin of a request; undefined: its Host is absent or malformed. */
export function originOf(request: FastifyRequest): Origin | undefined {
  return noted.get(request) ?? originNow(request);
}

function originNow(request: FastifyRequest): Origin | undefined {
  const scheme = request.protocol as string | undefined;
  if (scheme === undefined) return undefined;
  const host = normalizeHost(request.host, scheme);
  return host === undefined ? undefined : { scheme, host };
}
