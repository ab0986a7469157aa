// Whether a file of lmdb that was not closed can be used: another process reads all of it and tries a write, because
// damaged pages do not make errors, they end the process that touches them.
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { programUrl } from '@catzilla/common';
import { readId } from '../record.ts';
import { openFile } from './load.ts';
import type { LmdbPackage } from './load.ts';

/** ms. A file that takes longer to read is in doubt as well. */
const PATIENCE = 120_000;

/** Reads a file in a process of its own. Never rejects.
 * @returns false: on any doubt */
export function inspectInChild(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const program = fileURLToPath(programUrl('inspect-child', import.meta.url));
    const child = spawn(process.execPath, [program, path], {
      stdio: 'ignore',
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
    });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}

/** Reads each record of a file, and tries a write.
 * @returns whether all are records, and as many as there should be
 * @throws what lmdb says; or ends the process */
export function inspectFile(lmdb: LmdbPackage, path: string): boolean {
  const cap = statSync(path).size;
  const db = openFile(lmdb, { path, cap, flushed: false, readOnly: false });
  try {
    let count = 0;
    for (const { key, value } of db.getRange({ start: Buffer.from([0]) })) {
      const found = readId(value, value.length);
      if (found === undefined || (typeof key === 'string' && found.id !== key)) return false;
      count++;
    }
    // The write brings the list of free pages in, which no read does; a page of zeros reads as one without records.
    let expected = -1;
    db.transactionSync(() => {
      expected = db.db.stat().entryCount;
      db.putSync(Buffer.from([1]), Buffer.alloc(1));
      return lmdb.ABORT;
    });
    return count === expected;
  } finally {
    void db.close();
  }
}
