// Names of hosts: those that requests name, and the patterns that tables are kept under.
// Invariant: a name is in lower case, without port and trailing dot; whatever is no name of a host is undefined, so that no
// spelling of a Host header reaches the table of another host.
import { isIPv6 } from 'node:net';
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';

/** A pattern: a host, or with `*.` before it all hosts of exactly one label more. */
export interface HostPattern {
  readonly isWildcard: boolean;
  /** Without `*.`. */
  readonly host: string;
}

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const MAX_NAME = 253;
const PORT = /:\d*$/;

/** Reads a Host header.
 * @param text  `request.host`: `Shop.Example.:8080`, `[::1]:8080`
 * @returns the name, IPv6 addresses in brackets; undefined for what is no host */
export function hostOf(text: string): string | undefined {
  let host = text.replace(PORT, '');
  // Before it is lowered: a Kelvin sign is no k.
  if (!/^[\x21-\x7e]+$/.test(host)) return undefined;
  host = host.toLowerCase();
  if (host.startsWith('['))
    return isIPv6(host.slice(1, -1)) && host.endsWith(']') ? host : undefined;
  if (host.endsWith('.')) host = host.slice(0, -1);
  return host.length <= MAX_NAME && NAME.test(host) ? host : undefined;
}

/** What stands behind the first label, for wildcards; undefined for addresses and single labels. */
export function parentOf(host: string): string | undefined {
  const dot = host.indexOf('.');
  return dot === -1 || host.startsWith('[') ? undefined : host.slice(dot + 1);
}

/** Reads a pattern.
 * @throws CATZ_ROUTER_OPTIONS */
export function hostPattern(text: string): HostPattern {
  const isWildcard = text.startsWith('*.');
  const rest = isWildcard ? text.slice(2) : text;
  const hasPort = !rest.startsWith('[') && rest.includes(':');
  const host = hasPort || rest.endsWith(']') !== rest.startsWith('[') ? undefined : hostOf(rest);
  if (host === undefined || (isWildcard && host.startsWith('['))) {
    throw new errors.OPTIONS(
      `expected a host without a port, "*." and a host, or "default", got ${show(text)}; other alphabets are written as xn--`,
    );
  }
  return { isWildcard, host };
}
