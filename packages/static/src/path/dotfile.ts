// Names that begin with a dot: what people keep beside their files and do not mean to publish (.env, .git, .htpasswd).
// Invariant: every segment is looked at, not only the last; .well-known is public by its definition (RFC 8615), what is below it is
// looked at like everything else.
import type { Segments } from './decode-path.ts';

/** Whether one of the segments is a dotfile or a folder of such. */
export function hasDotfile(segments: Segments): boolean {
  return segments.some((name, i) => name.startsWith('.') && !(i === 0 && name === '.well-known'));
}
