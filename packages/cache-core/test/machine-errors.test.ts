// Why a machine cache is not opened, when that lies with other processes or with the system. Layout and PID namespace
// are changed in the file while a process has it open. What would take 64 processes, ten seconds or another system is
// an answer put in place of the addon's: there the sentence is tested, and the answer by the engine's own tests.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openCache } from '../src/index.ts';
import type { OpenFailure } from '../src/native/addon.ts';
import type * as loadAddon from '../src/native/load-addon.ts';
import { code } from './contract/suite.ts';

const planned = vi.hoisted(() => ({ answer: undefined as OpenFailure | undefined }));

vi.mock('../src/native/load-addon.ts', async (importOriginal) => {
  const original = await importOriginal<typeof loadAddon>();
  const real = original.addon();
  const open: typeof real.open = (...args) => planned.answer ?? real.open(...args);
  return { ...original, addon: () => ({ layoutVersion: real.layoutVersion, open }) };
});

const folder = mkdtempSync(join(tmpdir(), 'catzilla-machine-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a machine cache that the addon does not open', () => {
  const path = join(folder, 'not-made.arena');
  const answered = (answer: Partial<OpenFailure>) => {
    planned.answer = { failure: 0, errno: 0, wanted: 0, available: 0, ...answer };
    return () => openCache('pages', { scope: 'machine', path });
  };
  afterEach(() => {
    planned.answer = undefined;
  });

  it('names the system that has no locks for it', () => {
    const call = answered({ failure: 3 });
    expect(call).toThrow(code('CATZ_CACHE_UNSUPPORTED_PLATFORM'));
    expect(call).toThrow(
      `scope 'machine' is not supported on ${process.platform}: it has no locks that survive their owner`,
    );
  });

  it('tells how long it has waited for another process', () => {
    const call = answered({ failure: 8, wanted: 10_000 });
    expect(call).toThrow(code('CATZ_CACHE_SHM_BUSY'));
    expect(call).toThrow(
      `cache file ${path} is being opened by another process for more than 10000 ms`,
    );
  });

  it('tells how many processes there may be', () => {
    const call = answered({ failure: 11 });
    expect(call).toThrow(code('CATZ_CACHE_TOO_MANY_PROCESSES'));
    expect(call).toThrow(`cache file ${path} is open in 64 processes, the most there may be`);
  });
});

describe('a machine cache that another process has open', () => {
  let serial = 0;
  const endings: (() => Promise<void>)[] = [];

  beforeEach((context) => {
    if (process.platform !== 'linux') context.skip("scope 'machine' is for Linux");
  });
  afterEach(async () => {
    for (const end of endings.splice(0)) await end();
  });

  /** A file that a child has open, and that may be changed below it. */
  async function heldFile() {
    const options = {
      scope: 'machine',
      path: join(folder, `held${serial++}.arena`),
      maxBytes: 2 ** 20,
    } as const;
    const dist = new URL('../dist/index.js', import.meta.url).href;
    const program = `
      import { openCache } from ${JSON.stringify(dist)};
      const cache = openCache('held', ${JSON.stringify(options)});
      console.log(cache.stats().layoutVersion);
      process.stdin.on('end', () => cache.close()).resume();`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    endings.push(async () => {
      child.stdin.end();
      expect(await exit).toEqual([0, null]);
    });
    const [layout] = (await once(child.stdout, 'data')) as [Buffer];
    return { options, header: new Header(options.path), layout: Number(layout) };
  }

  it('is not opened by a release of another layout', async () => {
    const { options, header, layout } = await heldFile();
    // Right behind the magic.
    const at = header.find(Uint32Array.of(layout));
    expect(at).toBe(8);
    header.write(at, Uint32Array.of(layout + 1));
    const call = () => openCache('held', options);
    expect(call).toThrow(code('CATZ_CACHE_LAYOUT'));
    expect(call).toThrow(
      `cache file ${options.path} is open in other processes with layout ${layout + 1}, got layout ${layout}`,
    );
    header.write(at, Uint32Array.of(layout));
    openCache('held', options).close();
  });

  it('is not opened by a build whose locks have another form', async () => {
    const { options, header, layout } = await heldFile();
    const at = header.find(Uint32Array.of(layout)) + 4;
    const before = header.read(at, 4);
    header.write(
      at,
      Uint8Array.from(before, (byte) => byte ^ 0xff),
    );
    const call = () => openCache('held', options);
    expect(call).toThrow(code('CATZ_CACHE_LAYOUT'));
    expect(call).toThrow(`got layout ${layout}, or another C library`);
    header.write(at, before);
    openCache('held', options).close();
  });

  it('is not opened from another PID namespace', async () => {
    const { options, header } = await heldFile();
    const ours = statSync('/proc/self/ns/pid', { bigint: true }).ino;
    const at = header.find(BigUint64Array.of(ours));
    expect(at).toBeGreaterThan(0);
    header.write(at, BigUint64Array.of(ours - 1n));
    const call = () => openCache('held', options);
    expect(call).toThrow(code('CATZ_CACHE_PID_NAMESPACE'));
    expect(call).toThrow(
      `cache file ${options.path} is open in processes of PID namespace ${ours - 1n}, got ${ours}`,
    );
    header.write(at, BigUint64Array.of(ours));
    openCache('held', options).close();
  });
});

/** The first bytes of a file, which others have mapped. */
class Header {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Where a number of this machine's byte order stands; the first one, behind the magic. */
  find(number: NodeJS.TypedArray): number {
    return this.read(0, 512).indexOf(Buffer.from(number.buffer), 8);
  }

  read(at: number, length: number): Buffer {
    const file = openSync(this.#path, 'r');
    const bytes = Buffer.alloc(length);
    readSync(file, bytes, 0, length, at);
    closeSync(file);
    return bytes;
  }

  write(at: number, bytes: NodeJS.ArrayBufferView): void {
    const file = openSync(this.#path, 'r+');
    writeSync(file, bytes, 0, bytes.byteLength, at);
    closeSync(file);
  }
}
