import { describe, expect, it } from 'vitest';
import { readSmoke } from '../lib/smoke.mjs';

describe('readSmoke', () => {
  const sha256 = 'ab'.repeat(32);
  const other = 'cd'.repeat(32);

  it('takes apart what the smoke program says', () => {
    const line =
      'smoke by import: passed, Node v20.19.0, linux-arm64' +
      `, linux-arm64/@x+engine.glibc.node sha256:${sha256}` +
      `, linux-arm64/@x+router.glibc.node sha256:${other}`;
    expect(readSmoke(`(node:1) Warning: something\n${line}\n`)).toEqual({
      version: '20.19.0',
      target: 'linux-arm64',
      addons: {
        'linux-arm64/@x+engine.glibc.node': sha256,
        'linux-arm64/@x+router.glibc.node': other,
      },
    });
  });

  it('takes nothing else for a pass, and shows it', () => {
    expect(() => readSmoke('smoke by import: passed')).toThrow('smoke by import: passed');
    expect(() => readSmoke('')).toThrow('did not pass');
    const noAddon = 'smoke by import: passed, Node v20.19.0, linux-arm64';
    expect(() => readSmoke(noAddon)).toThrow('did not pass');
  });
});
