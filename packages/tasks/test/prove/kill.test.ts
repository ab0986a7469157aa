// kill -9, twenty times during a steady load: every acknowledged job runs, none twice at the same time.
import { describe, expect, test } from 'vitest';
import { randomFrom } from '../embedded/log/support/random-commands.ts';
import { temporaryFolder } from '../embedded/log/support/folder.ts';
import { startLoad } from './support/child.ts';

const KILLS = 20;

interface Account {
  readonly acknowledged: Set<string>;
  readonly started: Map<string, number>;
  readonly wrong: string[];
}

/** Reads what one process said, up to its end. */
function read(lines: readonly string[], account: Account): void {
  const running = new Set<string>();
  for (const line of lines) {
    const [what, id = ''] = line.split(' ');
    if (what === 'a') account.acknowledged.add(id);
    else if (what === 'error') account.wrong.push(line);
    else if (what === 'e') running.delete(id);
    else if (what === 's') {
      if (running.has(id)) account.wrong.push(`${id} ran twice at once`);
      running.add(id);
      account.started.set(id, (account.started.get(id) ?? 0) + 1);
    }
  }
}

async function prove(durability: string, seed: number, segmentBytes?: number): Promise<Account> {
  const folder = temporaryFolder();
  const random = randomFrom(seed);
  const account: Account = { acknowledged: new Set(), started: new Map(), wrong: [] };
  for (let n = 0; n < KILLS; n++) {
    const child = startLoad(folder, durability, 'load', segmentBytes);
    // One in four dies while it opens the store.
    const isEarly = n % 4 === 3;
    await child.said(isEarly ? 'opening' : 'a ');
    await new Promise((resolve) => setTimeout(resolve, random() * (isEarly ? 25 : 50)));
    await child.kill();
    read(child.lines, account);
  }
  const last = startLoad(folder, durability, 'drain', segmentBytes);
  await last.ended;
  read(last.lines, account);
  if (!last.lines.includes('done')) account.wrong.push('the last process did not finish');
  return account;
}

describe('a process killed twenty times under load', () => {
  test.each([
    ['every-write', 1, undefined],
    ['interval', 2, undefined],
    ['every-write, segments and snapshots of 100 kB', 3, 100_000],
  ])(
    'runs every acknowledged job, none twice at once: %s',
    async (mode, seed, segmentBytes) => {
      const durability = mode.split(',')[0] as string;
      const { acknowledged, started, wrong } = await prove(durability, seed, segmentBytes);
      const message = `seed ${String(seed)}`;
      expect(wrong, message).toEqual([]);
      const never = [...acknowledged].filter((id) => !started.has(id));
      expect(never, message).toEqual([]);
      // Else nothing was proved.
      expect(acknowledged.size).toBeGreaterThan(KILLS * 10);
    },
    240_000,
  );
});
