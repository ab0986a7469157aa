// What a test waits for comes later on a machine that does much else: a second, Vitest's default, would tell of the load.
import { vi } from 'vitest';

const LONG = 30_000;
const { waitFor } = vi;

vi.waitFor = (callback, options) =>
  waitFor(callback, {
    timeout: LONG,
    ...(typeof options === 'number' ? { timeout: options } : options),
  });
