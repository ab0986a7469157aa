// Finds and loads the native addon of a package: prebuilds/<platform>-<arch>/<name>[.<libc>].node, the layout that
// prebuildify 6 writes. On Linux the file is that of the libc Node was linked with; where the executable does not tell,
// both are tried. Never both otherwise: a file that does load would bring a second libc into the process.
// What to do when nothing loads is left to the caller's error.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { libcOf, type Libc } from './libc-of.ts';

/** One file that did not load. */
export interface NativeAttempt {
  readonly file: string;
  /** `no such file`, or the first line of what the dynamic loader said. */
  readonly reason: string;
}

/** Why no addon could be loaded. */
export interface NativeFailure {
  readonly platform: string;
  readonly arch: string;
  /** On Linux what Node is linked with; undefined when its executable does not tell, and elsewhere. */
  readonly libc: Libc | undefined;
  readonly tried: readonly NativeAttempt[];
  /** All of it in one sentence, for a message: `linux-x64 (glibc), tried /…/x.glibc.node (no such file)`. */
  readonly summary: string;
  /** What the dynamic loader threw last, if a file was there. */
  readonly cause: unknown;
}

/** What to load, and what to throw. */
export interface NativeOptions {
  /** Absolute path of the package folder, which holds `prebuilds`. */
  readonly packageDir: string;
  /** Name of the package, for example `@catzilla/cache-core`; a slash becomes `+` in the file's name. */
  readonly name: string;
  readonly error: (failure: NativeFailure) => Error;
}

/** Loads the addon of a package for this platform. A second call gives the same exports.
 * @returns the addon's exports, unchecked
 * @throws options.error, when no file is there or none can be loaded */
export function loadNative({ packageDir, name, error }: NativeOptions): unknown {
  const { platform, arch } = process;
  const require = createRequire(import.meta.url);
  const libc = platform === 'linux' ? libcOf(process.execPath) : undefined;
  const tried: NativeAttempt[] = [];
  let cause: unknown;
  for (const tag of platform === 'linux' ? tagsOf(libc) : ['']) {
    const base = `${name.replaceAll('/', '+')}${tag}.node`;
    const file = join(packageDir, 'prebuilds', `${platform}-${arch}`, base);
    if (!existsSync(file)) {
      tried.push({ file, reason: 'no such file' });
      continue;
    }
    try {
      return require(file);
    } catch (failure) {
      cause = failure;
      const words = failure instanceof Error ? failure.message : String(failure);
      tried.push({ file, reason: words.split('\n', 1)[0] ?? '' });
    }
  }
  const files = tried.map(({ file, reason }) => `${file} (${reason})`).join(', ');
  const system = `${platform}-${arch}${libc === undefined ? '' : ` (${libc})`}`;
  const summary = `${system}, tried ${files}`;
  throw error(Object.freeze({ platform, arch, libc, tried, summary, cause }));
}

function tagsOf(libc: Libc | undefined): string[] {
  return libc === undefined ? ['.glibc', '.musl'] : [`.${libc}`];
}
