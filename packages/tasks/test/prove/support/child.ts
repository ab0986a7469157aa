// A process of support/load.mjs, and what it said until it ended.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('load.mjs', import.meta.url));

export interface Child {
  readonly pid: number;
  /** Every whole line so far. */
  readonly lines: string[];
  /** Resolves with the first line that begins so, undefined when the process ends without one. */
  said(start: string): Promise<string | undefined>;
  /** SIGKILL; resolves once it is gone and all it said is in `lines`. */
  kill(): Promise<void>;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

export function startLoad(
  folder: string,
  durability: string,
  what: 'load' | 'drain',
  segmentBytes?: number,
): Child {
  const bytes = segmentBytes === undefined ? '' : String(segmentBytes);
  const child = spawn(process.execPath, [PROGRAM, folder, durability, what, bytes], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const waiting = new Map<string, (line: string | undefined) => void>();
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => {
    lines.push(line);
    for (const [start, tell] of waiting) {
      if (!line.startsWith(start)) continue;
      waiting.delete(start);
      tell(line);
    }
  });
  const ended = Promise.all([once(child, 'exit'), once(reader, 'close')]).then(() => {
    for (const tell of waiting.values()) tell(undefined);
  });
  return {
    pid: child.pid as number,
    lines,
    ended,
    said: (start) =>
      new Promise((resolve) => {
        const known = lines.find((line) => line.startsWith(start));
        if (known === undefined && child.exitCode === null) waiting.set(start, resolve);
        else resolve(known);
      }),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
