// A changed file is never served stale, however it was changed.
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { isSettled } from '../src/file/stamp.ts';
import { closeApps, serve } from './support/app.ts';
import { folderOf, removeFolders, settled, write } from './support/folder.ts';

afterEach(closeApps);
afterAll(removeFolders);

const long = (word: string): string => word.repeat(2000 / word.length);

it.each(['identity', 'gzip'])('seen at once, asked for as %s', async (coding) => {
  const root = folderOf({ 'a.txt': long('old ') });
  const file = join(root, 'a.txt');
  await settled(root, 'a.txt');
  const app = await serve({ root });
  const headers = { 'accept-encoding': coding };
  const get = async (): Promise<string> => {
    const answer = await app.inject({ url: '/a.txt', headers });
    if (answer.headers['content-encoding'] !== 'gzip') return answer.body;
    const { gunzipSync } = await import('node:zlib');
    return gunzipSync(answer.rawPayload).toString();
  };
  expect(await get()).toBe(long('old '));
  const { mtime, atime } = statSync(file);
  const changes: [string, () => void, string][] = [
    ['written over', () => writeFileSync(file, long('new ')), long('new ')],
    ['appended to', () => appendFileSync(file, 'more'), `${long('new ')}more`],
    ['truncated', () => truncateSync(file, 1600), long('new ').slice(0, 1600)],
    [
      'replaced by a rename, of the same size and with the same times',
      () => {
        write(root, 'b.txt', long('four').slice(0, 1600));
        utimesSync(join(root, 'b.txt'), atime, mtime);
        renameSync(join(root, 'b.txt'), file);
      },
      long('four').slice(0, 1600),
    ],
    [
      'written in place with the old times put back',
      () => {
        writeFileSync(file, long('five').slice(0, 1600));
        utimesSync(file, atime, mtime);
      },
      long('five').slice(0, 1600),
    ],
  ];
  for (const [what, change, expected] of changes) {
    await settled(root, 'a.txt');
    await get();
    change();
    expect(await get(), what).toBe(expected);
    expect(await get(), what).toBe(expected);
  }
});

it('not even within one tick of the clock', async () => {
  const root = folderOf({ 'a.txt': 'version 000' });
  const app = await serve({ root });
  for (let i = 0; i < 300; i++) {
    const content = `version ${String(i).padStart(3, '0')}`;
    write(root, 'a.txt', content);
    expect((await app.inject('/a.txt')).body).toBe(content);
  }
});

it('a file that was changed a moment ago is answered, and remembered only later', async () => {
  const root = folderOf({ 'a.txt': long('x') });
  const app = await serve({ root });
  const headers = { 'accept-encoding': 'gzip' };
  const first = await app.inject({ url: '/a.txt', headers });
  expect(first.headers['content-encoding']).toBeUndefined();
  expect(app.static.stats().files).toBe(0);
  await settled(root, 'a.txt');
  const later = await app.inject({ url: '/a.txt', headers });
  expect(later.headers['content-encoding']).toBe('gzip');
  expect(app.static.stats().files).toBe(1);
});

it('a coarse clock is waited for longer', () => {
  const stamp = { size: 1n, ino: 1n, dev: 1n, ctimeNs: 0n };
  const at = 1_700_000_000_000;
  const fine = { ...stamp, mtimeNs: BigInt(at) * 1_000_000n + 5n };
  const coarse = { ...stamp, mtimeNs: BigInt(at) * 1_000_000n };
  expect([isSettled(fine, at + 90), isSettled(fine, at + 110)]).toEqual([false, true]);
  expect([isSettled(coarse, at + 110), isSettled(coarse, at + 2010)]).toEqual([false, true]);
});

it('a file that is gone is gone, and may come back', async () => {
  const root = folderOf({ 'a.txt': 'a', 'sub/b.txt': 'b' });
  await settled(root, 'sub/b.txt');
  const app = await serve({ root });
  expect((await app.inject('/a.txt')).statusCode).toBe(200);
  expect((await app.inject('/sub/b.txt')).statusCode).toBe(200);
  unlinkSync(join(root, 'a.txt'));
  rmSync(join(root, 'sub'), { recursive: true });
  expect((await app.inject('/a.txt')).statusCode).toBe(404);
  expect((await app.inject('/sub/b.txt')).statusCode).toBe(404);
  write(root, 'a.txt', 'again');
  expect((await app.inject('/a.txt')).body).toBe('again');
  unlinkSync(join(root, 'a.txt'));
  mkdirSync(join(root, 'a.txt'));
  expect((await app.inject('/a.txt')).statusCode).toBe(404);
});

it('a link that is put in the place of a file is judged anew', async () => {
  const outside = folderOf({ 'secret.txt': 'secret' });
  const root = folderOf({ 'a.txt': 'a' });
  await settled(root, 'a.txt');
  const app = await serve({ root });
  expect((await app.inject('/a.txt')).body).toBe('a');
  unlinkSync(join(root, 'a.txt'));
  symlinkSync(join(outside, 'secret.txt'), join(root, 'a.txt'));
  expect((await app.inject('/a.txt')).statusCode).toBe(404);
});

it('a file that comes into an earlier root is served from there', async () => {
  const first = folderOf({ 'other.txt': 'x' });
  const second = folderOf({ 'a.txt': 'second' });
  await settled(second, 'a.txt');
  const app = await serve({ root: [first, second] });
  expect((await app.inject('/a.txt')).body).toBe('second');
  write(first, 'a.txt', 'first');
  expect((await app.inject('/a.txt')).body).toBe('first');
  unlinkSync(join(first, 'a.txt'));
  expect((await app.inject('/a.txt')).body).toBe('second');
});
