// One owner for a folder: a file in it names the process. What a process that is gone has left behind counts for nothing.

import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Takes the folder.
 * @returns what gives it back
 * @throws an Error where another process, or another thread of this one, has it */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'owner.pid');
  if (!(await take(file))) {
    const owner = Number(await readFile(file, 'utf8'));
    if (await isInUse(file, owner)) {
      throw new Error(
        `the data in ${folder} is in use by process ${owner}: a shop runs in one process, on one thread`,
      );
    }
    await rm(file, { force: true });
    if (!(await take(file))) throw new Error(`the data in ${folder} was taken by another process`);
  }
  return () => rm(file, { force: true });
}

async function take(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isInUse(file: string, pid: number): Promise<boolean> {
  // In containers each process has the number of the one before. What is older than this process is not of one of its threads.
  if (pid === process.pid) {
    return (await stat(file)).mtimeMs >= Date.now() - process.uptime() * 1000;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
