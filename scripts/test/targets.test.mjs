import { describe, expect, it } from 'vitest';
import { buildable, crossTools, obstacle, releaseFiles } from '../lib/targets.mjs';
import { plant } from './tree.mjs';

const onLinux = { from: 'linux-x64', isMusl: false };
const ending = process.platform === 'win32' ? '.exe' : '';

describe('buildable', () => {
  it('adds arm64 by cross compiler on Linux x64 with glibc only', () => {
    expect(buildable('linux-x64', false)).toEqual(['linux-x64', 'linux-arm64']);
    expect(buildable('linux-x64', true)).toEqual(['linux-x64']);
    expect(buildable('linux-arm64', false)).toEqual(['linux-arm64']);
    expect(buildable('darwin-arm64', false)).toEqual(['darwin-arm64']);
  });
});

describe('obstacle', () => {
  it('finds nothing in the way of the own system', () => {
    expect(obstacle('linux-x64', { ...onLinux, env: { PATH: '' } })).toBeUndefined();
    expect(obstacle('win32-x64', { from: 'win32-x64', env: { PATH: '' } })).toBeUndefined();
  });

  it('names the cross compiler that is missing, and how to get it', () => {
    const sentence = obstacle('linux-arm64', { ...onLinux, env: { PATH: plant({}) } });
    expect(sentence).toContain('aarch64-linux-gnu-g++, aarch64-linux-gnu-strip not found');
    expect(sentence).toContain('`apt install g++-aarch64-linux-gnu`');
  });

  it('finds nothing in the way when the cross compiler is there', () => {
    const { CXX, strip } = crossTools('linux-arm64', 'linux-x64');
    const bin = plant({ [CXX + ending]: '', [strip + ending]: '' });
    expect(obstacle('linux-arm64', { ...onLinux, env: { PATH: bin } })).toBeUndefined();
  });

  it('says which targets a system can build when asked for another', () => {
    expect(obstacle('darwin-arm64', onLinux)).toBe(
      'darwin-arm64 cannot be built on linux-x64, only linux-x64, linux-arm64: ' +
        '.github/workflows/prebuild.yml builds the others.',
    );
  });
});

describe('releaseFiles', () => {
  it('names two files for each Linux and one for each other system', () => {
    expect(releaseFiles('@x/engine')).toEqual([
      'darwin-arm64/@x+engine.node',
      'darwin-x64/@x+engine.node',
      'linux-arm64/@x+engine.glibc.node',
      'linux-arm64/@x+engine.musl.node',
      'linux-x64/@x+engine.glibc.node',
      'linux-x64/@x+engine.musl.node',
      'win32-x64/@x+engine.node',
    ]);
  });
});
