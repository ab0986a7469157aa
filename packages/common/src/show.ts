// A value in a few words, for the end of a message: `…, got ${show(value)}`.
// Invariant: never throws, never longer than about 60 characters, never prints the contents of objects or bytes.

const MAX_TEXT = 40;

/** Describes any value for an error message.
 * @returns primitives as written in code (long strings cut, with their length), else the kind: `an array of 3`,
 *   `a Uint8Array of 8 bytes`, `function load`, `a Date`, `an object` */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    if (value.length <= MAX_TEXT) return JSON.stringify(value);
    return `${JSON.stringify(value.slice(0, MAX_TEXT))}… (${value.length} characters)`;
  }
  if (typeof value === 'bigint') {
    return BigInt.asIntN(64, value) === value ? `${value}n` : 'a bigint';
  }
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'function') return showKind(value, (name) => `function ${name}`);
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value))
    return showKind(value, (name) => `${named(name)} of ${value.byteLength} bytes`);
  return showKind(value, (name) => (name === 'Object' ? 'an object' : named(name)));
}

function named(name: string): string {
  // U is spoken as a consonant in the names there are: a URL, a Uint8Array
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}

// A proxy or getter may throw from anything we read; a message must not fail because of the value it speaks of.
function showKind(value: object, format: (name: string) => string): string {
  try {
    const name: unknown = typeof value === 'function' ? value.name : value.constructor?.name;
    if (typeof name === 'string' && name !== '') return format(name.slice(0, MAX_TEXT));
  } catch {
    return 'an object that cannot be read';
  }
  return typeof value === 'function' ? 'a function' : 'an object';
}
