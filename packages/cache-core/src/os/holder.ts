// Who holds a lock: a thread of a process, told from a later one that was given the same numbers.
// Invariant: a holder that runs is never called gone by those who can see it (same machine, same pid namespace, Linux);
// others judge by the age of its last sign of life.
import { readFileSync, readlinkSync } from 'node:fs';
import { threadId } from 'node:worker_threads';

/** A thread. Empty strings where the system does not tell. */
export interface Holder {
  readonly pid: number;
  readonly thread: number;
  /** Start of the thread, in ticks since the start of the machine. */
  readonly started: string;
  /** Which start of the machine. */
  readonly boot: string;
  /** Pid namespace: the numbers mean nothing in another. */
  readonly space: string;
}

/** How old a holder's last sign of life must be, in ms, before those who cannot see the holder call it gone. */
export const SILENCE = 60_000;

/** The calling thread. */
export function thisThread(): Holder {
  // `<pid>/task/<tid>`: file system calls of this kind run in the thread that makes them.
  const thread = Number(readLink('/proc/thread-self').split('/')[2] ?? threadId);
  return {
    pid: process.pid,
    thread,
    started: startOf(process.pid, thread),
    boot: bootId(),
    space: readLink('/proc/self/ns/pid'),
  };
}

/** Which start of the machine this is; '' where the system does not tell. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    // Not Linux.
    return '';
  }
}

/** Whether a holder has ended.
 * @param silence  ms since its last sign of life */
export function isGone(holder: Holder, silence: number): boolean {
  const boot = bootId();
  if (boot !== '' && holder.boot !== '' && holder.boot !== boot) return true;
  const space = readLink('/proc/self/ns/pid');
  if (space !== '' && holder.started !== '' && holder.space === space) {
    return startOf(holder.pid, holder.thread) !== holder.started;
  }
  return silence > SILENCE || (space === '' && holder.space === '' && !runs(holder.pid));
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

// Field 22 of proc_pid_stat(5); '' for one that has ended, reaped or not.
function startOf(pid: number, thread: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
