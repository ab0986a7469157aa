// One run over every project. Packages see each other through dist, as users do, and their own sources through src:
// so coverage counts what a package's own tests reach. Thresholds hold for each package by itself.
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = new URL('.', import.meta.url);
const packages = readdirSync(new URL('packages', root));
const folders = [
  ...packages.map((name) => `packages/${name}`),
  ...readdirSync(new URL('examples', root)).map((name) => `examples/${name}`),
];
const wanted = { lines: 95, branches: 90 };

function nameOf(folder: string): string {
  return JSON.parse(readFileSync(new URL(`${folder}/package.json`, root), 'utf8')).name;
}

export default defineConfig({
  test: {
    // Vitest would leave one core idle, half of a machine with two; the tests of the tiers mostly wait.
    maxWorkers: availableParallelism(),
    // Enough for two cores of which others take most; a test that hangs still ends. A test that names less of its own would
    // fail first there.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    // The same for expect.poll as vitest.setup.ts has for vi.waitFor.
    expect: { poll: { timeout: 30_000 } },
    setupFiles: [fileURLToPath(new URL('vitest.setup.ts', root))],
    projects: [
      ...folders.map((folder) => ({
        extends: true as const,
        root: folder,
        test: { name: nameOf(folder), include: ['test/**/*.test.ts'] },
      })),
      ...['scripts', 'benchmarks'].map((name) => ({
        extends: true as const,
        test: { name, include: [`${name}/test/**/*.test.mjs`] },
      })),
    ],
    coverage: {
      provider: 'v8',
      reporter: ['text-summary', 'json-summary'],
      reportsDirectory: '.reports/coverage',
      include: ['packages/*/src/**/*.ts'],
      thresholds: Object.fromEntries(packages.map((name) => [`packages/${name}/src/**`, wanted])),
    },
  },
});
