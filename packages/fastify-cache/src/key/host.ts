// Hosts as they stand in keys: lower-case, without the default port of the scheme.
// Invariant: a host that passes holds no character with which a key could be forged.

/** The host of a key; undefined when it is absent or malformed: such a request passes the cache by. HOT: benchmarks/http */
export function normalizeHost(host: string | undefined, protocol: string): string | undefined {
  throw new Error('pending');
}

/** True when the list is undefined or names the host, with or without its port. */
export function isHostAllowed(
  hosts: ReadonlySet<string> | undefined,
  normalizedHost: string,
): boolean {
  throw new Error('pending');
}
