// A disk without room: writes say so, reads go on, and what was removed meanwhile does not come back, for a disk that cannot
// take the news is emptied. A limit on the size of files refuses writes as a full disk does.
import { describe, expect, it } from 'vitest';
import type { WriteResult } from '../../src/index.ts';
import { makeFolder, PATIENT } from '../cache/support/open.ts';
import { startChild } from './support/child.ts';

interface Report {
  readonly statuses: Readonly<Record<string, number>>;
  readonly state: string;
  readonly read: Readonly<Record<string, number>>;
  readonly deleted: WriteResult;
  readonly invalid: WriteResult;
  readonly isServed: boolean;
}

describe.runIf(process.platform === 'linux').each(['lmdb', 'fs'])('backend %s', (backend) => {
  it('tells of writes that failed, reads on, and revives nothing', async () => {
    const disk = { dir: makeFolder(), backend, minFree: 0, maxBytes: 64 * 2 ** 20 };
    const options = { disk, write: { disk: 'through' }, deadline: PATIENT };
    // Blocks of 1024 bytes: one file of lmdb, or one value of the files.
    const limit = backend === 'lmdb' ? 3000 : 40;
    const prefix = `ulimit -S -f ${limit};`;
    const child = startChild('disk-user.mjs', { options, work: 'full' }, prefix);
    const report = await child.next<Report>();
    expect(report.statuses['failed']).toBe(1);
    expect(report.state).toBe('full');
    // Nothing that was there is lost by it, and memory serves as ever.
    expect(report.read).toEqual({ 1: 200 });
    expect(report.isServed).toBe(true);
    // Noted, or emptied: either is as good as the other.
    expect(report.deleted).toMatchObject({ ok: true, disk: 'ok' });
    expect(report.invalid).toMatchObject({ ok: true, disk: 'ok' });
    expect((await child.kill()).signal).toBe('SIGKILL');

    const next = startChild('disk-user.mjs', { options, work: 'read' });
    const { read, deleted } = await next.next<{
      readonly read: Readonly<Record<string, number>>;
      readonly deleted: readonly unknown[];
    }>();
    expect(deleted.filter((value) => value !== null)).toEqual([]);
    expect(read['none']).toBeGreaterThanOrEqual(50);
    expect(await next.ended).toEqual({ code: 0, signal: null, output: '' });
  });
});
