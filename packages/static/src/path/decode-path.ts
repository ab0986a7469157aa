// A request's path as the segments of a file's name, decoded once.
// Invariant: what comes out can be joined to a folder and stays inside it: no segment is empty, `.` or `..`, none holds a slash,
// a backslash, a NUL or a colon, none is a name that a file system takes for a device or cuts the end off. It is refused before
// any file system is asked. Dotfiles and symbolic links are the business of others.

/** Segments; a path that ends in a slash has an empty one at its end. undefined: refused. */
export type Segments = readonly string[];

// A device in any folder, whatever the extension (learn.microsoft.com, Naming Files, Paths, and Namespaces).
const DEVICE =
  /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])(?:\.|$)/i;
// NUL and other control characters, what separates folders somewhere, and the streams of NTFS.
const UNSAFE = /[\p{Cc}/\\:]/u;
const LONGEST_SEGMENT = 255;

/** @param path  the target's path below the prefix, as it was sent, without a leading slash and without query
 * @returns undefined when it is refused, also when it cannot be decoded */
export function decodePath(path: string): Segments | undefined {
  const segments = path.split('/');
  const last = segments.length - 1;
  for (let i = 0; i <= last; i++) {
    if (segments[i] === '') {
      if (i === last) break;
      return undefined;
    }
    const name = decode(segments[i]!);
    if (name === undefined || !isName(name)) return undefined;
    segments[i] = name;
  }
  return segments;
}

function decode(segment: string): string | undefined {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    // Half an escape, or bytes that are no UTF-8.
    return undefined;
  }
}

// Windows drops dots and spaces at the end, so that `x.js.` would be another spelling of `x.js`.
function isName(name: string): boolean {
  return (
    !UNSAFE.test(name) &&
    !/[. ]$/.test(name) &&
    !DEVICE.test(name) &&
    Buffer.byteLength(name) <= LONGEST_SEGMENT
  );
}
