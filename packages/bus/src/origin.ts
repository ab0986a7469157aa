// Names that no other bus has: 72 random bits.
import { randomBytes } from 'node:crypto';

export function newOrigin(): string {
  return randomBytes(9).toString('base64url');
}
