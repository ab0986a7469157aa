// What clients are told about keeping a file.

const YEAR_SECONDS = 31_536_000;

/** @param isImmutable  the file never changes under its name (RFC 8246)
 * @param maxAge       ms */
export function cacheControlOf(isImmutable: boolean, maxAge: number): string {
  if (isImmutable) return `public, max-age=${YEAR_SECONDS}, immutable`;
  return `public, max-age=${Math.floor(maxAge / 1000)}`;
}

/** @returns whether a path (below the root) is immutable by the option; one that throws is a mistake of its author, and told as such */
export function isImmutable(
  test: RegExp | ((path: string) => boolean) | false,
  path: string,
): boolean {
  if (test === false) return false;
  // A RegExp with the flag g or y would remember where it was.
  return test instanceof RegExp ? path.search(test) !== -1 : test(path) === true;
}

/** For a file that is changing, whatever its name says. */
export const REVALIDATE: string = cacheControlOf(false, 0);
