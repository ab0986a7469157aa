// Scope 'machine': a file that processes share and that outlives them, and what is refused instead of opened.
import { chmodSync, existsSync, mkdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openCache } from '../../src/index.ts';
import { runChild } from '../support/child.ts';
import { code, text } from './suite.ts';
import type { Suite } from './suite.ts';

/** Describes the file behind a cache. */
export function describeMachine({ open, optionsOf, uniqueName }: Suite): void {
  const fresh = () => {
    const name = uniqueName();
    const options = { ...optionsOf(name), maxBytes: 2 ** 20 };
    return { name, options, path: options.path! };
  };

  it('is a regular one that only its user may read', () => {
    const { name, path } = fresh();
    open({}, name);
    const found = statSync(path);
    expect({ isFile: found.isFile(), mode: found.mode & 0o777 }).toEqual({
      isFile: true,
      mode: 0o600,
    });
  });

  it('has a place by default, which tells user, name and layout', () => {
    const name = uniqueName();
    const cache = openCache(name, { scope: 'machine', maxBytes: 2 ** 20 });
    const { layoutVersion } = cache.stats();
    const path = `/dev/shm/catzilla.${process.getuid!()}.${name}.v${layoutVersion}.arena`;
    expect(existsSync(path)).toBe(true);
    cache.close({ unlink: true });
    expect(existsSync(path)).toBe(false);
  });

  it('outlives the last handle, until it is unlinked', () => {
    const { name, path } = fresh();
    const one = open({}, name);
    expect(one.stats().opened).toBe('created');
    one.set('kept', 'value', { ttl: 60_000, tags: ['y'] });
    one.set('gone', 'value', { tags: ['x'] });
    one.invalidateTag('x');
    one.close();
    const two = open({}, name);
    expect(two.stats().opened).toBe('warm');
    expect(text(two.get('kept'))).toBe('value');
    expect(two.ttl('kept')).toBeLessThanOrEqual(60_000);
    expect(two.has('gone')).toBe(false);
    two.invalidateTag('y');
    expect(two.has('kept')).toBe(false);
    two.close({ unlink: true });
    expect(existsSync(path)).toBe(false);
    const three = open({}, name);
    expect(three.stats()).toMatchObject({ opened: 'created', entries: 0 });
  });

  it('is warm after a process that just ends, or calls process.exit', async () => {
    const { name, options } = fresh();
    for (const [round, end] of ['', 'process.exit(0);'].entries()) {
      await runChild(`
        const cache = openCache(${JSON.stringify(name)}, ${JSON.stringify(options)});
        cache.set('key${round}', 'value');
        ${end}`);
      const cache = open({}, name);
      expect(cache.stats().opened).toBe('warm');
      expect(text(cache.get(`key${round}`))).toBe('value');
      cache.close();
    }
  });

  it('is shared with other processes', async () => {
    const { name, options } = fresh();
    const cache = open({}, name);
    cache.set('a', 'from the parent', { tags: ['x'] });
    for (let i = 0; i < 50; i++) cache.get('a');
    const output = await runChild(`
      const cache = openCache(${JSON.stringify(name)}, ${JSON.stringify(options)});
      const { opened, processes } = cache.stats();
      console.log(cache.get('a').toString(), opened, processes);
      cache.invalidateTag('x');
      cache.set('b', 'from the child');
      cache.close();`);
    expect(output).toBe('from the parent attached 2');
    expect(cache.get('a')).toBeUndefined();
    expect(text(cache.get('b'))).toBe('from the child');
    expect(cache.stats().processes).toBe(1);
  });

  it('is not opened when others may write it, and stays as it was', () => {
    const { name, options, path } = fresh();
    open({}, name).close();
    const before = readFileSync(path);
    chmodSync(path, 0o644);
    expect(() => openCache(name, options)).toThrow(code('CATZ_CACHE_SHM_ACCESS'));
    expect(() => openCache(name, options)).toThrow(path);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o644);
    chmodSync(path, 0o600);
    expect(() => open({}, name)).not.toThrow();
  });

  it('is not opened when it is a link or a folder', () => {
    const link = fresh();
    const file = fresh();
    open({}, file.name);
    symlinkSync(file.path, link.path);
    expect(() => openCache(link.name, link.options)).toThrow(code('CATZ_CACHE_SHM_ACCESS'));
    const folder = fresh();
    mkdirSync(folder.path);
    expect(() => openCache(folder.name, folder.options)).toThrow(code('CATZ_CACHE_SHM_ACCESS'));
  });

  it('is not opened when it is something else, and stays as it was', () => {
    for (const contents of ['a diary, dear to someone', 'x'.repeat(2 ** 20)]) {
      const { name, options, path } = fresh();
      writeFileSync(path, contents, { mode: 0o600 });
      expect(() => openCache(name, options)).toThrow(code('CATZ_CACHE_SHM_FOREIGN'));
      expect(() => openCache(name, options)).toThrow(path);
      expect(readFileSync(path, 'utf8')).toBe(contents);
    }
  });

  it('is refused, and not left behind, when there is no room for it', () => {
    const { bsize, blocks } = statfsSync('/dev/shm');
    const maxBytes = Math.ceil((bsize * blocks) / 2 ** 20) * 2 ** 20 + 2 ** 30;
    const { name } = fresh();
    const path = `/dev/shm/${name}.arena`;
    const call = () => openCache(name, { scope: 'machine', path, maxBytes });
    expect(call).toThrow(code('CATZ_CACHE_SHM_SPACE'));
    expect(call).toThrow(/bytes, \d+ are free; .*--shm-size/);
    expect(existsSync(path)).toBe(false);
  });
}
