import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { isDebian } from '../lib/apt.mjs';
import { ensureRedis } from '../lib/redis.mjs';
import { plant } from './tree.mjs';

const ending = process.platform === 'win32' ? '.exe' : '';

/** A system that may not install, unless told otherwise; keeps what it was asked to install. */
function system(more = {}) {
  const installed = [];
  const install = async (packages) => installed.push(...packages);
  return { platform: 'linux', isDebian: true, canInstall: false, install, installed, ...more };
}

/** What is printed meanwhile. */
function printed() {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  onTestFinished(() => write.mockRestore());
  return () => write.mock.calls.map(([text]) => text).join('');
}

describe('ensureRedis', () => {
  it('takes each of the programs that serve, and the one that is named', async () => {
    const output = printed();
    for (const name of ['redis-server', 'valkey-server', 'redis-check-rdb']) {
      await ensureRedis({ PATH: plant({ [`${name}${ending}`]: '' }) }, system());
      expect(output()).toContain(name);
    }
    await ensureRedis({ PATH: '', CATZ_TEST_REDIS: '/opt/redis' }, system());
    expect(output()).toContain('/opt/redis');
  });

  it('installs what is missing where it may', async () => {
    printed();
    const here = system({ canInstall: true });
    await ensureRedis({ PATH: plant({}) }, here);
    expect(here.installed).toEqual(['redis-tools']);
  });

  it('stops with the one command where it may not', async () => {
    const env = { PATH: plant({}) };
    const commands = [
      [{}, 'sudo apt-get install redis-tools\n'],
      [{ isDebian: false }, 'what Debian installs by apt-get install redis-tools\n'],
      [{ platform: 'darwin', isDebian: false }, 'brew install redis\n'],
      [{ platform: 'win32', isDebian: false }, 'run them in WSL\n'],
    ];
    for (const [more, command] of commands) {
      await expect(ensureRedis(env, system(more))).rejects.toThrow(command);
      await expect(ensureRedis(env, system(more))).rejects.toThrow('CATZ_SKIP_REDIS=1');
    }
  });

  it('leaves the tests out only when told to, and says so', async () => {
    const output = printed();
    await ensureRedis({ PATH: plant({}), CATZ_SKIP_REDIS: '1' }, system());
    expect(output()).toContain('CATZ_SKIP_REDIS=1');
    await expect(ensureRedis({ PATH: plant({}), CATZ_SKIP_REDIS: '' }, system())).rejects.toThrow();
  });
});

describe('isDebian', () => {
  it('reads it from os-release', () => {
    const of = (text) => isDebian(`${plant({ release: text })}/release`);
    expect(of('NAME=x\nID=debian\n')).toBe(true);
    expect(of('ID=mint\nID_LIKE="ubuntu debian"\n')).toBe(true);
    expect(of('ID=fedora\n')).toBe(false);
    expect(isDebian('/nowhere/os-release')).toBe(false);
  });
});
