import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { releaseProblems } from '../check-release.mjs';
import { binarySystem } from '../lib/binary-system.mjs';
import { releaseFiles } from '../lib/targets.mjs';
import { plant } from './tree.mjs';

const name = '@x/engine';

function elf(machine) {
  const bytes = Buffer.alloc(64);
  bytes.write('\x7fELF\x02\x01', 'latin1');
  bytes.writeUInt16LE(machine, 18);
  return bytes;
}

function mach(cpu) {
  const bytes = Buffer.alloc(64);
  bytes.writeUInt32LE(0xfeedfacf, 0);
  bytes.writeUInt32LE(cpu, 4);
  return bytes;
}

function pe(machine, header = 128) {
  const bytes = Buffer.alloc(256);
  bytes.write('MZ', 'latin1');
  bytes.writeUInt32LE(header, 60);
  bytes.write('PE\0\0', 128, 'latin1');
  bytes.writeUInt16LE(machine, 132);
  return bytes;
}

const binaries = {
  'linux-x64': elf(62),
  'linux-arm64': elf(183),
  'darwin-x64': mach(0x01000007),
  'darwin-arm64': mach(0x0100000c),
  'win32-x64': pe(0x8664),
};

function release(change = (files) => files) {
  const folder = plant({});
  const files = releaseFiles(name).map((file) => [file, binaries[file.split('/')[0]]]);
  for (const [file, bytes] of Object.entries(change(Object.fromEntries(files)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), bytes);
  }
  return folder;
}

describe('binarySystem', () => {
  it.each(Object.entries(binaries))('knows a binary for %s', (target, bytes) => {
    expect(binarySystem(bytes)).toBe(target);
  });

  it.each([
    ['text', Buffer.from('not a binary, but long enough to hold a header of sixty-four bytes')],
    ['an empty file', Buffer.alloc(0)],
    ['an ELF file for another machine', elf(40)],
    ['a PE file whose header lies beyond its end', pe(0x8664, 255)],
    ['a program for DOS', pe(0x8664, 64)],
  ])('knows nothing of %s', (_, bytes) => {
    expect(binarySystem(bytes)).toBeUndefined();
  });
});

describe('releaseProblems', () => {
  it('has nothing against a whole release; stamps of a build do not matter', () => {
    const folder = release((files) => ({ ...files, 'linux-x64/.stamp': 'abc' }));
    expect(releaseProblems(name, folder)).toEqual([]);
  });

  it('names what is missing', () => {
    const folder = release(({ 'linux-x64/@x+engine.musl.node': _, ...files }) => files);
    expect(releaseProblems(name, folder)).toEqual(['linux-x64/@x+engine.musl.node is missing']);
    expect(releaseProblems(name, join(folder, 'nowhere'))).toHaveLength(7);
  });

  it('names what does not belong there', () => {
    const folder = release((files) => ({ ...files, 'linux-x64/old.node': elf(62) }));
    expect(releaseProblems(name, folder)).toEqual([
      'linux-x64/old.node does not belong to a release',
    ]);
  });

  it('notices a file that was built for another system', () => {
    const folder = release((files) => ({ ...files, 'linux-arm64/@x+engine.musl.node': elf(62) }));
    expect(releaseProblems(name, folder)).toEqual([
      'linux-arm64/@x+engine.musl.node was built for linux-x64',
    ]);
  });
});
