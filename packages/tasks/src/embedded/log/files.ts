// What the log asks of a file system, as few calls as it needs: so that tests can hand in one that is full or fails.
// Invariant: files are made with 0600 and folders with 0700; nothing here retries or hides an error.
import {
  close,
  closeSync,
  constants,
  fdatasync,
  fsyncSync,
  ftruncate,
  mkdirSync,
  open,
  openSync,
  rmSync,
  write,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';

/** A segment that is written. */
export interface LogFile {
  /** Writes at an offset.
   * @returns bytes written, which may be fewer than given */
  write(bytes: Buffer, offset: number): Promise<number>;
  /** Resolves when the device says that it has what was written. */
  flush(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** The calls of a file system that write. */
export interface LogFiles {
  /** Opens a file for writing, made when it is not there. */
  open(path: string): Promise<LogFile>;
  /** Removes a file, if it is there. */
  remove(path: string): void;
  /** Makes names in a folder last: those just made or renamed. */
  flushFolder(path: string): void;
}

const openFile = promisify(open);
const closeFile = promisify(close);
const flushFile = promisify(fdatasync);
const truncateFile = promisify(ftruncate);

/** The file system of the machine. */
export const systemFiles: LogFiles = {
  async open(path: string): Promise<LogFile> {
    // Not 'a': on Linux that ignores offsets, and a batch cut short is written again at its place.
    const fd = await openFile(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    return {
      // Not promisify(write): its result object costs, and this runs once per batch.
      write: (bytes, offset) =>
        new Promise((done, reject) => {
          write(fd, bytes, 0, bytes.length, offset, (error, written) => {
            if (error === null) done(written);
            else reject(error);
          });
        }),
      flush: () => flushFile(fd),
      truncate: (size) => truncateFile(fd, size),
      close: () => closeFile(fd),
    };
  },
  remove(path: string): void {
    rmSync(path, { force: true });
  },
  flushFolder(path: string): void {
    // Windows has no such call, and orders names by itself.
    if (process.platform === 'win32') return;
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },
};

/** Makes a folder for the owner alone, its parents as the system does by default. */
export function makeFolder(path: string): void {
  // One by one: told to make parents as well, Node calls a disk that is read-only "no such file".
  mkdirSync(dirname(resolve(path)), { recursive: true });
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
