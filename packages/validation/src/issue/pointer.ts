// JSON Pointers (RFC 6901) to what is wrong. Invariant: a name that came from a client is cut, so that no answer grows with it.

/** Characters of one name. */
const MAX_NAME = 100;

/** A pointer with one more name at its end. */
export function pointerTo(pointer: string, name: PropertyKey): string {
  const token = String(cutName(String(name)))
    .replaceAll('~', '~0')
    .replaceAll('/', '~1');
  return `${pointer}/${token}`;
}

/** A pointer whose names are all cut. */
export function cutPointer(pointer: string): string {
  if (pointer.length <= MAX_NAME) return pointer;
  // A cut may fall inside of an escape, ~0 or ~1.
  const tokens = pointer.split('/').map((token) => cutName(token).replace(/~(?=…|$)/, ''));
  return tokens.join('/');
}

function cutName(name: string): string {
  if (name.length <= MAX_NAME) return name;
  return `${name.slice(0, MAX_NAME).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
