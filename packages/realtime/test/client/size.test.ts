// The client in a bundle: at most 2 KB of it, in one file that stands alone.
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { programUrl } from '@catzilla/common';
import { minifySync } from 'vite';
import { expect, it } from 'vitest';

it('is at most 2048 bytes, minified and gzipped, and imports nothing', async () => {
  const code = await readFile(programUrl('../../src/client/connect', import.meta.url), 'utf8');
  expect(code).not.toMatch(/^\s*import\b/m);
  const minified = minifySync('connect.js', code, { module: true }).code;
  expect(minified.length).toBeGreaterThan(1000);
  expect(gzipSync(minified, { level: 9 }).length).toBeLessThanOrEqual(2048);
});
