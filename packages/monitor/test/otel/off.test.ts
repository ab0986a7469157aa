// What is off is not there: a process that registers the monitor without `otel` loads nothing of OpenTelemetry. Of the built
// package, by the list of all modules that Node was asked for.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const LIST = new URL('./list-modules.mjs', import.meta.url);

/** URLs of all modules that a process loads that registers the monitor. */
async function modules(options: object): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    LIST.pathname,
    JSON.stringify(options),
  ]);
  return JSON.parse(stdout) as string[];
}

const isOtel = (url: string): boolean => /opentelemetry|\/otel\/add-otel/.test(url);

it('without otel nothing of OpenTelemetry is loaded, nor what would use it', async () => {
  const loaded = await modules({});
  expect(loaded.some((url) => url.endsWith('/dist/plugin.js'))).toBe(true);
  expect(loaded.filter(isOtel)).toStrictEqual([]);
});

it('with otel it is', async () => {
  const loaded = await modules({ otel: true });
  expect(loaded.filter(isOtel).length).toBeGreaterThan(1);
});
