// Loads a package that the application installs itself, when it is first needed.
// Invariant: a package that is absent is told from one that fails to load; both name what to do.
import { errors } from '../errors.ts';

/** A peer, and how it is imported: by a literal, for bundlers and other readers of imports. */
export interface Peer {
  readonly name: string;
  /** For the install line. */
  readonly version: string;
  readonly load: () => Promise<{ readonly default: unknown }>;
}

/** Imports a peer.
 * @returns its default export; undefined, with `isOptional`, when it is not installed
 * @throws CATZ_VALIDATION_OPENAPI */
export async function loadPeer(
  { name, version, load }: Peer,
  { isOptional = false }: { readonly isOptional?: boolean } = {},
): Promise<unknown> {
  try {
    return (await load()).default;
  } catch (cause) {
    if (!isAbsent(cause, name)) {
      throw new errors.OPENAPI(`${name} could not be loaded; its error is the cause`, { cause });
    }
    if (isOptional) return undefined;
    throw new errors.OPENAPI(`${name} is not installed: npm install ${name}@${version}`, { cause });
  }
}

// A peer that itself lacks a package is not absent.
function isAbsent(cause: unknown, name: string): boolean {
  const { code, message } = cause as { code?: unknown; message?: unknown };
  return code === 'ERR_MODULE_NOT_FOUND' && String(message).includes(`'${name}'`);
}
