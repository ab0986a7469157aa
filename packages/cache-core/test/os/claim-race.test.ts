// Two that claim a folder in the same moment: at every step of one, the other may have been faster.
import { linkSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import type * as Fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { claim } from '../../src/os/claim.ts';
import { SILENCE, thisThread } from '../../src/os/holder.ts';
import { removeFolders, temporaryFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';

vi.mock(import('node:fs'), async (original) => {
  const module = await original();
  return { ...module, linkSync: vi.fn(module.linkSync) };
});
const { linkSync: link } = await vi.importActual<typeof Fs>('node:fs');

afterEach(() => {
  vi.mocked(linkSync).mockReset().mockImplementation(link);
  vi.useRealTimers();
});
afterAll(removeFolders);

it('one that comes second to a number sees its holder', () => {
  const folder = temporaryFolder();
  vi.mocked(linkSync).mockImplementationOnce((from, to) => {
    writeFileSync(to, JSON.stringify(thisThread()));
    link(from, to);
  });
  expect(claim(folder)).toBeUndefined();
  expect(readdirSync(folder)).toEqual(['lock.1']);
});

it('one that is late by several numbers withdraws', () => {
  const folder = temporaryFolder();
  vi.mocked(linkSync).mockImplementationOnce((from, to) => {
    link(from, to);
    writeFileSync(join(folder, 'lock.4'), JSON.stringify(thisThread()));
  });
  expect(claim(folder)).toBeUndefined();
  expect(readdirSync(folder)).toEqual(['lock.4']);
});

it('one that is always second gives up', () => {
  vi.mocked(linkSync).mockImplementation(() => {
    throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' });
  });
  const folder = temporaryFolder();
  expect(claim(folder)).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
});

it('what else the file system says is thrown, and nothing left behind', () => {
  vi.mocked(linkSync).mockImplementationOnce(() => {
    throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
  });
  const folder = temporaryFolder();
  expect(() => claim(folder)).toThrow('EPERM');
  expect(readdirSync(folder)).toEqual([]);
});

it('a holder gives signs of life until it lets go', async () => {
  vi.useFakeTimers();
  const folder = temporaryFolder();
  const held = claim(folder);
  const path = join(folder, 'lock.1');
  const then = new Date(1_000_000);
  utimesSync(path, then, then);
  await vi.advanceTimersByTimeAsync(SILENCE / 6);
  vi.useRealTimers();
  await until(() => statSync(path).mtimeMs > 1_000_000);
  vi.useFakeTimers();
  held?.release();
  expect(vi.getTimerCount()).toBe(0);
});
