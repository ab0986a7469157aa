// Where control sockets are, and what is not trusted.
import { chmod, lstat, mkdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { checkLength, socketDirectory, socketPath, socketPaths } from '../../src/control/path.ts';
import { folder } from '../cli/support/run.ts';

it('is below XDG_RUNTIME_DIR where that is absolute, else in a directory with the number of the user', () => {
  expect(socketDirectory({ XDG_RUNTIME_DIR: '/run/user/7' })).toBe('/run/user/7/catzilla');
  const own = join(tmpdir(), `catzilla-${userInfo().uid}`);
  expect(socketDirectory({})).toBe(own);
  expect(socketDirectory({ XDG_RUNTIME_DIR: 'run' })).toBe(own);
});

it('names a socket by its file, in a directory for the user alone that it makes', async () => {
  const env = { XDG_RUNTIME_DIR: await folder() };
  const path = await socketPath('/srv/a/app.js', env);
  expect(dirname(path)).toBe(join(env.XDG_RUNTIME_DIR, 'catzilla'));
  expect(basename(path)).toMatch(/^app\.js-[0-9a-f]{12}\.sock$/);
  expect((await lstat(dirname(path))).mode & 0o777).toBe(0o700);
  expect(await socketPath('/srv/b/app.js', env)).not.toBe(path);
  expect(await socketPath('/srv/a/../a/app.js', env)).toBe(path);
});

it('knows a file by its real path', async () => {
  const files = await folder({ 'app.js': '' });
  const env = { XDG_RUNTIME_DIR: await folder() };
  await symlink(join(files, 'app.js'), join(files, 'link.js'));
  const path = await socketPath(join(files, 'app.js'), env);
  expect(await socketPath(join(files, 'link.js'), env)).toBe(path);
});

it('lists what is there, and nothing where there is no directory', async () => {
  const env = { XDG_RUNTIME_DIR: await folder() };
  expect(await socketPaths(env)).toStrictEqual([]);
  const path = await socketPath('/srv/app.js', env);
  await writeFile(path, '');
  await writeFile(join(dirname(path), 'other'), '');
  expect(await socketPaths(env)).toStrictEqual([path]);
});

it('refuses a directory that others may enter, a link, and a file', async () => {
  const refused = { code: 'CATZ_CLI_SOCKET' };
  const wide = { XDG_RUNTIME_DIR: await folder() };
  await mkdir(join(wide.XDG_RUNTIME_DIR, 'catzilla'));
  await chmod(join(wide.XDG_RUNTIME_DIR, 'catzilla'), 0o750);
  await expect(socketPath('/a.js', wide)).rejects.toMatchObject({
    ...refused,
    message: expect.stringContaining('others may enter it') as string,
  });
  await expect(socketPaths(wide)).rejects.toMatchObject(refused);

  const linked = { XDG_RUNTIME_DIR: await folder() };
  await symlink(await folder(), join(linked.XDG_RUNTIME_DIR, 'catzilla'));
  await expect(socketPath('/a.js', linked)).rejects.toMatchObject({
    ...refused,
    message: expect.stringContaining('symbolic link') as string,
  });

  const file = { XDG_RUNTIME_DIR: await folder({ catzilla: '' }) };
  await expect(socketPaths(file)).rejects.toMatchObject(refused);
});

it.skipIf(process.getuid?.() !== 0)(
  'refuses a directory of somebody else (only root can make one)',
  async () => {
    const { chown } = await import('node:fs/promises');
    const env = { XDG_RUNTIME_DIR: await folder() };
    const directory = join(env.XDG_RUNTIME_DIR, 'catzilla');
    await mkdir(directory, { mode: 0o700 });
    await chown(directory, 12_345, 12_345);
    await expect(socketPath('/a.js', env)).rejects.toThrow('belongs to another user');
  },
);

it('refuses a path that the system would cut', () => {
  expect(checkLength(`/${'a'.repeat(102)}`)).toHaveLength(103);
  expect(() => checkLength(`/${'a'.repeat(103)}`)).toThrow('at most 103 bytes');
});
