// Options of the plugin: checked once, frozen, roots resolved.
import { opendirSync, realpathSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  bool,
  bytes,
  checkOptions,
  custom,
  duration,
  fn,
  int,
  list,
  object,
  oneOf,
  optional,
  orFalse,
  show,
  string,
} from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import type { FastifyReply } from 'fastify';
import { hasContentHash } from './answer/content-hash.ts';
import { errors } from './errors.ts';
import type { LinkRule } from './file/inside.ts';
import { decodePath } from './path/decode-path.ts';
import type { Segments } from './path/decode-path.ts';
import { AVAILABLE } from './variant/codings.ts';
import type { Coding } from './variant/codings.ts';

/** When a variant is made as small as it gets, which takes far longer than the first one did. */
export interface RecompressOptions {
  /** Answers with the quickly made one, at least 1. Default: 3. */
  readonly afterHits?: number | undefined;
  /** Largest file. Default: 1 MiB. */
  readonly maxBytes?: number | undefined;
}

/** Options of the plugin. */
export interface StaticOptions {
  /** An absolute path or a file: URL, or several: the first that has a file serves it. */
  readonly root: string | URL | readonly (string | URL)[];
  /** Where the files are, in URLs, below the prefix of the context. Default: '/'. */
  readonly prefix?: string;
  /** Bytes of files and variants that are kept, at least 1 MiB: one cache for all threads of the process. Default: 64 MiB. */
  readonly maxBytes?: number | undefined;
  /** Largest file that is kept; larger ones stream from disk each time, not compressed. Default: 4 MiB, at most a quarter of
   * maxBytes. */
  readonly maxFileBytes?: number | undefined;
  /** Content codings to make, the favourite first. Default: those that Node has of br, zstd, gzip; false or []: none. */
  readonly encodings?: readonly Coding[] | false | undefined;
  /** Smallest file that is compressed. Default: 1024. */
  readonly minCompressBytes?: number | undefined;
  /** When what is asked for often is compressed anew, off the main thread. Default: on, see RecompressOptions. */
  readonly recompress?: RecompressOptions | false | undefined;
  /** How long, in ms, a file may have changed unseen. 0: looked at in each request, one system call.
   * false: files never change while the application runs. Default: 0. */
  readonly revalidate?: number | false | undefined;
  /** ms that clients may use a file without asking, beside `immutable`. Default: 0: they ask, and get a 304. */
  readonly maxAge?: number | undefined;
  /** Which files never change under their name, told by their path below the root: those are kept for a year. Default: names with
   * a content hash as build tools write them (see the README); false: none. */
  readonly immutable?: RegExp | ((path: string) => boolean) | false | undefined;
  /** Files that stand for their folder. Default: ['index.html']; false: none. */
  readonly index?: readonly string[] | false | undefined;
  /** Names that begin with a dot: 'ignore' is 404, 'deny' 403. `/.well-known/` is always served. Default: 'ignore'. */
  readonly dotfiles?: 'ignore' | 'deny' | 'allow' | undefined;
  /** Symbolic links: 'inside' follows those that end below the root. Default: 'inside'. */
  readonly symlinks?: 'inside' | 'deny' | 'follow' | undefined;
  /** Files to leave as they are, told by their path below the root. */
  readonly noCompress?: ((path: string) => boolean) | undefined;
  /** Sets headers of an answer with a file; those of this plugin are there already. */
  readonly headers?: ((path: string, reply: FastifyReply) => void) | undefined;
  /** A file, by its path below the root, that answers where there is none, for navigations (a GET or HEAD whose `Accept` names
   * text/html): a single-page application. Default: false: none. */
  readonly fallback?: string | false | undefined;
  /** Puts `reply.sendFile` and `reply.download` of @fastify/static on replies, unless somebody has. Default: true. */
  readonly decorateReply?: boolean | undefined;
}

/** Options, complete. */
export interface Settings extends Filled {
  /** Real, absolute paths. */
  readonly roots: readonly string[];
  /** Begins with a slash and ends with one. */
  readonly prefix: string;
  readonly maxFileBytes: number;
  readonly index: readonly string[];
}

/** Options that need no second thought. */
interface Filled {
  readonly maxBytes: number;
  readonly encodings: readonly Coding[];
  readonly minCompressBytes: number;
  readonly recompress: Readonly<Record<keyof RecompressOptions, number>> | false;
  readonly revalidate: number | false;
  readonly maxAge: number;
  readonly immutable: NonNullable<StaticOptions['immutable']>;
  readonly dotfiles: 'ignore' | 'deny' | 'allow';
  readonly symlinks: LinkRule;
  readonly noCompress: StaticOptions['noCompress'];
  readonly headers: StaticOptions['headers'];
  readonly fallback: Segments | undefined;
  readonly decorateReply: boolean;
}

type Checked = Omit<Filled, 'encodings' | 'fallback'> & {
  readonly root: StaticOptions['root'];
  readonly prefix: string;
  readonly maxFileBytes: number | undefined;
  readonly encodings: readonly Coding[] | false;
  readonly index: readonly string[] | false;
  readonly fallback: string | false;
};

const MIB = 1024 * 1024;
const error = (message: string): Error => new errors.OPTIONS(message);

const specs: OptionSpecs<Checked> = {
  root: custom('an absolute path, a file: URL, or a list of such', isRoot),
  prefix: string({ pattern: /^\//, what: 'a path that begins with a slash', default: '/' }),
  maxBytes: bytes({ min: MIB, default: 64 * MIB }),
  maxFileBytes: optional(bytes()),
  encodings: orFalse(list(oneOf(AVAILABLE), AVAILABLE)),
  minCompressBytes: bytes({ default: 1024 }),
  recompress: orFalse(
    object({ afterHits: int({ min: 1, default: 3 }), maxBytes: bytes({ default: MIB }) }),
  ),
  revalidate: orFalse(duration({ allowZero: true, default: 0 })),
  maxAge: duration({ allowZero: true, default: 0 }),
  immutable: custom('a RegExp, a function or false', isTest, hasContentHash),
  index: orFalse(
    list(string({ pattern: /^[^/\\]+$/, what: 'the name of a file' }), ['index.html']),
  ),
  dotfiles: oneOf(['ignore', 'deny', 'allow'], 'ignore'),
  symlinks: oneOf(['inside', 'deny', 'follow'], 'inside'),
  noCompress: optional(fn()),
  headers: optional(fn()),
  fallback: orFalse(string(), false),
  decorateReply: bool(true),
};

/** @throws CATZ_STATIC_OPTIONS, CATZ_STATIC_ROOT */
export function resolveOptions(input: unknown): Settings {
  const checked = checkOptions(input, specs, { path: 'options', error });
  const { root, prefix, maxBytes, encodings, index, fallback } = checked;
  const maxFileBytes = checked.maxFileBytes ?? Math.min(4 * MIB, maxBytes / 4);
  if (maxFileBytes > maxBytes / 4) {
    throw error(
      `expected options.maxFileBytes to be at most a quarter of maxBytes, ${maxBytes / 4}, got ${maxFileBytes}`,
    );
  }
  const segments = fallback === false ? undefined : decodePath(encodeURI(fallback));
  if (fallback !== false && segments === undefined) {
    throw error(
      `expected options.fallback to be the path of a file below the root, such as index.html, got ${show(fallback)}`,
    );
  }
  return Object.freeze({
    ...checked,
    roots: (Array.isArray(root) ? root : [root]).map(realRoot),
    prefix: prefix.endsWith('/') ? prefix : `${prefix}/`,
    maxFileBytes,
    encodings: encodings === false ? [] : encodings,
    index: index === false ? [] : index,
    fallback: segments,
  });
}

function isRoot(value: unknown): value is StaticOptions['root'] {
  if (Array.isArray(value)) return value.length > 0 && value.every(isPlace);
  return isPlace(value);
}

function isPlace(value: unknown): value is string | URL {
  if (value instanceof URL) return value.protocol === 'file:';
  return typeof value === 'string' && isAbsolute(value) && !value.includes('\0');
}

function isTest(value: unknown): value is Filled['immutable'] {
  return value === false || value instanceof RegExp || typeof value === 'function';
}

function realRoot(place: string | URL): string {
  const path = typeof place === 'string' ? place : fileURLToPath(place);
  try {
    const real = realpathSync.native(path);
    // Throws what it is when it is no folder, or one that may not be read.
    opendirSync(real).closeSync();
    return real;
  } catch (cause) {
    throw new errors.ROOT(show(path), cause instanceof Error ? cause.message : String(cause), {
      cause,
    });
  }
}
