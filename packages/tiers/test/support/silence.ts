// A watch over what must not happen beside any test: a rejection that nobody handles, a line on the console, a warning.
import { afterAll, beforeAll, expect, vi } from 'vitest';

/** Fails the file when anything was written, warned of or left unhandled while its tests ran. */
export function watchSilence(): void {
  const said: unknown[] = [];
  const note = (...args: unknown[]): void => void said.push(args);
  beforeAll(() => {
    for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      vi.spyOn(console, method).mockImplementation(note);
    }
    process.on('unhandledRejection', note).on('warning', note);
  });
  afterAll(() => {
    process.off('unhandledRejection', note).off('warning', note);
    vi.restoreAllMocks();
    expect(said).toEqual([]);
  });
}
