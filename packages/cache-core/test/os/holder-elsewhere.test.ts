// Where the system tells nothing of threads and starts (macOS, Windows): holders are judged by their pid and their silence.
import { afterAll, describe, expect, it, vi } from 'vitest';
import { claim } from '../../src/os/claim.ts';
import { isGone, SILENCE, thisThread } from '../../src/os/holder.ts';
import { removeFolders, temporaryFolder } from '../support/folder.ts';

vi.mock(import('node:fs'), async (original) => {
  const module = await original();
  const isProc = (path: unknown) => String(path).startsWith('/proc/');
  const hide =
    <F extends (...args: never[]) => unknown>(call: F) =>
    (...args: Parameters<F>) => {
      if (isProc(args[0])) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
      return call(...args);
    };
  return {
    ...module,
    readFileSync: hide(module.readFileSync) as typeof module.readFileSync,
    readlinkSync: hide(module.readlinkSync) as typeof module.readlinkSync,
  };
});

afterAll(removeFolders);

describe('a holder on a system that tells little', () => {
  const here = thisThread();

  it('is known by its pid alone', () => {
    expect(here).toMatchObject({ pid: process.pid, started: '', boot: '', space: '' });
  });
  it('is gone once its process is, or it was silent for long', () => {
    expect(isGone(here, 0)).toBe(false);
    expect(isGone(here, SILENCE + 1)).toBe(true);
    expect(isGone({ ...here, pid: 4_194_304 }, 0)).toBe(true);
  });
  it('holds a claim until it lets it go', () => {
    const folder = temporaryFolder();
    const first = claim(folder);
    expect(claim(folder)).toBeUndefined();
    first?.release();
    const second = claim(folder);
    expect(second).toBeDefined();
    second?.release();
  });
});
