// The values that constraints look at, for a request that is only described.
import type { IncomingMessage } from 'node:http';
import type { Constraints, Router } from '../find-my-way/router.ts';

/** Derives what the router would derive of a request with these header fields. */
export function derive(
  { constrainer }: Router,
  headers: Readonly<Record<string, string>> = {},
): { derived?: Constraints } {
  const fields = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const request: Partial<IncomingMessage> = { headers: Object.fromEntries(fields) };
  const derived = constrainer.deriveConstraints(request);
  return derived === undefined ? {} : { derived };
}
