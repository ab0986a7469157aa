// Opens an engine of the addon, and puts what it says when it cannot into our errors.
// Invariant: there is no second try with less: what was asked for is opened, or an error says why not.
import { lstatSync } from 'node:fs';
import { getSystemErrorMessage } from './system-error.ts';
import { errors } from '../errors.ts';
import type { Settings } from '../options.ts';
import type { NativeHandle, OpenFailure } from './addon.ts';
import { announce } from './announce.ts';
import { addon } from './load-addon.ts';

const MAX_PROCESSES = 64;
/** Options that a file nobody has open must agree with, or start anew; bits as in engine.h. */
const GIVEN = [
  'maxBytes',
  'reserveBytes',
  'maxKeyBytes',
  'maxValueBytes',
  'policy',
  'leaseLimit',
  'ttl',
] as const;

/** How an engine came to be, by its number in the engine. */
export const OPENED = ['created', 'attached', 'warm', 'recovered', 'recreated'] as const;

/** Policies by their number in the engine. */
export const POLICIES = ['s3fifo', 'lru'] as const;

/** Opens the engine of that name (or a private one), or of the file that settings name.
 * @throws CATZ_CACHE_NATIVE_UNAVAILABLE, _NO_MEMORY, _OPTION, _UNSUPPORTED_PLATFORM, _SHM_ACCESS, _SHM_SPACE,
 *   _SHM_FOREIGN, _SHM_BUSY, _LAYOUT, _PID_NAMESPACE, _TOO_MANY_PROCESSES */
export function openEngine(
  name: string | undefined,
  settings: Settings,
  words: ArrayBuffer,
): NativeHandle {
  const isMachine = settings.scope === 'machine';
  const path = isMachine ? (settings.path ?? defaultPath(name!)) : '';
  const handle = addon().open(
    isMachine ? path : (name ?? ''),
    isMachine ? 1 : 0,
    settings.maxBytes,
    settings.reserveBytes,
    settings.maxKeyBytes,
    settings.maxValueBytes,
    POLICIES.indexOf(settings.policy),
    settings.ttl,
    settings.leaseLimit,
    GIVEN.reduce((bits, option, i) => bits | (settings.explicit.has(option) ? 1 << i : 0), 0),
    settings.lockTimeout,
    words,
  );
  // A copy: what native code fills property by property becomes a hash table, and each call would look it up there.
  if ('failure' in handle) throw failed(handle, path, settings);
  if (isMachine && handle.announce) announce(path, OPENED[handle.opened]!, handle.openedReason);
  return { ...handle };
}

/** Where a cache of scope 'machine' lies without `path`: the layout in the name lets two releases run side by side. */
export function defaultPath(name: string): string {
  const user = process.getuid?.() ?? 0;
  return `/dev/shm/catzilla.${user}.${name}.v${addon().layoutVersion}.arena`;
}

// Cases in the order of OpenStatus in engine.h.
function failed(report: OpenFailure, path: string, settings: Settings): Error {
  const { failure, errno, wanted, available } = report;
  switch (failure) {
    case 1:
      return new errors.OPTION(
        `expected options.reserveBytes to be small enough for its bookkeeping to fit into maxBytes (${settings.maxBytes}), got ${settings.reserveBytes}`,
      );
    case 3:
      return new errors.UNSUPPORTED_PLATFORM(
        "scope 'machine'",
        process.platform,
        'it has no locks that survive their owner',
      );
    case 4:
      return new errors.SHM_ACCESS(
        path,
        'a file that can be made and opened',
        getSystemErrorMessage(errno),
      );
    case 5:
      return new errors.SHM_ACCESS(
        path,
        'a regular file of this user with mode 600',
        found(path, errno),
      );
    case 6:
      return new errors.SHM_FOREIGN(path);
    case 7:
      return new errors.SHM_SPACE(path, wanted, available);
    case 8:
      return new errors.SHM_BUSY(path, wanted);
    case 9:
      return new errors.LAYOUT(
        path,
        `layout ${wanted}`,
        `layout ${available}, or another C library`,
      );
    case 10:
      return new errors.PID_NAMESPACE(path, wanted, available);
    case 11:
      return new errors.TOO_MANY_PROCESSES(path, MAX_PROCESSES);
    default:
      return new errors.NO_MEMORY(`${settings.reserveBytes} bytes of address space`);
  }
}

// For the message only: by now it may be another file.
function found(path: string, errno: number): string {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return getSystemErrorMessage(errno);
  if (facts.isSymbolicLink()) return 'a symbolic link';
  if (facts.isDirectory()) return 'a directory';
  if (!facts.isFile()) return 'something that is no file';
  return `a file of user ${facts.uid} with mode ${(facts.mode & 0o777).toString(8)}`;
}
