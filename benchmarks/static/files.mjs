// The files that are served: made from seeded words, so that they shrink as text does, in a folder of their own.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { seeded } from '../lib/random.mjs';

/** Bytes of each. */
export const SIZES = { 'small.js': 1024, 'large.js': 100 * 1024 };

/** Text of a length, the same each time. */
export function textOf(length) {
  const random = seeded(7);
  const words = Array.from({ length: 400 }, () =>
    Math.floor(random() * 36 ** 6)
      .toString(36)
      .padStart(6, 'x'),
  );
  let text = '';
  while (text.length < length)
    text += `const ${words[Math.floor(random() ** 2 * 400)]} = ${Math.floor(random() * 100)};\n`;
  return text.slice(0, length);
}

/** A folder with the files, and beside each the one that nginx sends where gzip is accepted. */
export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'catz-bench-static-'));
  for (const [name, size] of Object.entries(SIZES)) {
    const text = textOf(size);
    writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, `${name}.gz`), gzipSync(text, { level: 9 }));
    // Older than what is read as just written.
    const then = new Date(Date.now() - 60_000);
    for (const file of [name, `${name}.gz`]) utimesSync(join(folder, file), then, then);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What a decoded answer has to be. */
export function contentOf(name) {
  return Buffer.from(textOf(SIZES[name]));
}

/** For the page: how small each gets. */
export function sizesOf(name) {
  const content = contentOf(name);
  const quality = (value) => ({ params: { [constants.BROTLI_PARAM_QUALITY]: value } });
  return {
    identity: content.length,
    gzip9: gzipSync(content, { level: 9 }).length,
    br4: brotliCompressSync(content, quality(4)).length,
    br11: brotliCompressSync(content, quality(11)).length,
  };
}
