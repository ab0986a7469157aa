import { describe, expect, it } from 'vitest';
import { emulator } from '../lib/emulator.mjs';
import { plant } from './tree.mjs';

const from = 'linux-x64';
const ending = process.platform === 'win32' ? '.exe' : '';

describe('emulator', () => {
  it('is not needed for the own system', () => {
    expect(emulator(from, { from, env: { PATH: '' } })).toBeUndefined();
  });

  it('is qemu, with the libraries of the cross compiler', () => {
    const env = { PATH: plant({ [`qemu-aarch64${ending}`]: '' }) };
    expect(emulator('linux-arm64', { from, env })).toEqual({
      command: 'qemu-aarch64',
      args: ['-L', '/usr/aarch64-linux-gnu'],
    });
  });

  it('says what to install where it is missing', () => {
    const env = { PATH: plant({}) };
    expect(() => emulator('linux-arm64', { from, env })).toThrow('apt install qemu-user');
  });

  it('refuses a system that cannot be emulated', () => {
    expect(() => emulator('win32-x64', { from })).toThrow('win32-x64 cannot be run on linux-x64');
  });
});
