// Hosts as they stand in keys: lower-case, without the default port of the scheme.
// Invariant: a host that passes holds no character with which a key could be forged.

// Registered names, IPv4, and IPv6 in brackets, with a port: what RFC 3986 3.2.2 allows less percent-encoding and
// sub-delims, which no DNS name holds.
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?$/;
const MAX_LENGTH = 261;
const MEMO_ENTRIES = 256;

const http: Map<string, string> = new Map();
const https: Map<string, string> = new Map();

/** The host of a key; undefined when it is absent or malformed: such a request passes the cache by. HOT: benchmarks/http
 * @param host      `request.host`, with its port if it has one
 * @param protocol  decides the default port; anything but `http` and `https` is malformed too: under trustProxy it is
 *                  whatever X-Forwarded-Proto says, and stands in the key before the host */
export function normalizeHost(host: string | undefined, protocol: string): string | undefined {
  if (host === undefined || host.length > MAX_LENGTH) return undefined;
  const memo = protocol === 'https' ? https : protocol === 'http' ? http : undefined;
  if (memo === undefined) return undefined;
  const known = memo.get(host);
  if (known !== undefined) return known;
  const normalized = normalize(host, protocol);
  if (memo.size >= MEMO_ENTRIES) memo.clear();
  if (normalized !== undefined) memo.set(host, normalized);
  return normalized;
}

/** True when the list is undefined or names the host, with or without its port. */
export function isHostAllowed(
  hosts: ReadonlySet<string> | undefined,
  normalizedHost: string,
): boolean {
  if (hosts === undefined || hosts.has(normalizedHost)) return true;
  return hosts.has(normalizedHost.replace(/:\d+$/, ''));
}

function normalize(host: string, protocol: string): string | undefined {
  const lower = host.toLowerCase();
  if (!HOST.test(lower)) return undefined;
  const colon = lower.lastIndexOf(':');
  if (colon === -1 || lower.endsWith(']')) return lower;
  const port = lower.slice(colon + 1);
  const isDefault = port === '' || port === (protocol === 'https' ? '443' : '80');
  return isDefault ? lower.slice(0, colon) : lower;
}
