// The system's files with faults to order: no room, short writes, failing flushes.
import { systemFiles } from '../../../../src/embedded/log/files.ts';
import type { LogFile, LogFiles } from '../../../../src/embedded/log/files.ts';

export interface Faults {
  /** Bytes that may still be written; then ENOSPC, after a short write of what is left. */
  room: number;
  /** Thrown by the next writes. */
  writeError: string | undefined;
  flushError: string | undefined;
  truncateError: string | undefined;
  openError: string | undefined;
  writes: number;
  flushes: number;
  /** What a flush waits for. */
  beforeFlush: Promise<void> | undefined;
}

export function faultyFiles(): { files: LogFiles; faults: Faults } {
  const faults: Faults = {
    room: Infinity,
    writeError: undefined,
    flushError: undefined,
    truncateError: undefined,
    openError: undefined,
    writes: 0,
    flushes: 0,
    beforeFlush: undefined,
  };
  const files: LogFiles = {
    ...systemFiles,
    async open(path) {
      if (faults.openError !== undefined) throw coded(faults.openError, 'open');
      return wrap(await systemFiles.open(path), faults);
    },
  };
  return { files, faults };
}

function wrap(file: LogFile, faults: Faults): LogFile {
  return {
    async write(bytes, offset) {
      faults.writes++;
      if (faults.writeError !== undefined) throw coded(faults.writeError, 'write');
      if (faults.room <= 0) throw coded('ENOSPC', 'write');
      const fitting = bytes.subarray(0, Math.min(bytes.length, faults.room));
      const written = await file.write(fitting, offset);
      faults.room -= written;
      return written;
    },
    async flush() {
      faults.flushes++;
      await faults.beforeFlush;
      if (faults.flushError !== undefined) throw coded(faults.flushError, 'fdatasync');
      await file.flush();
    },
    async truncate(size) {
      if (faults.truncateError !== undefined) throw coded(faults.truncateError, 'ftruncate');
      await file.truncate(size);
    },
    close: () => file.close(),
  };
}

function coded(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: ordered by the test, ${syscall}`), { code, syscall });
}
