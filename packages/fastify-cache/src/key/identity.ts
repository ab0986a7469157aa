// Whose a response is, where the option `identity` gives each client responses of its own: one more thing that selects a
// variant, under a name that no request field can have. So a purge of the URL finds the responses of all.

/** Name of the identity among those that select a variant. */
export const IDENTITY = ':identity';

/** An identity as the value of a field: nothing in it is a separator, and different ones stay different. */
export function identityValue(identity: string): string {
  return Buffer.from(identity, 'utf16le').toString('base64url');
}
