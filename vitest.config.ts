// One run over every project. Packages see each other through dist, as users do, and their own sources through src:
// so coverage counts what a package's own tests reach. Thresholds hold for each package by itself.
import { readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const packages = readdirSync(new URL('packages', import.meta.url));
const wanted = { lines: 95, branches: 90 };

export default defineConfig({
  test: {
    projects: [
      'packages/*',
      'examples/*',
      { test: { name: 'scripts', include: ['scripts/test/**/*.test.mjs'], testTimeout: 30_000 } },
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
