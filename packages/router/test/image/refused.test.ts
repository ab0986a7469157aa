// Images that are damaged, of another version or made up: refused, or at the worst answered from within their bounds.
import { expect, it } from 'vitest';
import { encodeTree } from '../../src/image/encode.ts';
import { HEADER_WORDS, WORD_CHECKSUM } from '../../src/image/layout.ts';
import { checksum } from '../../src/image/writer.ts';
import { loadTrie } from '../../src/native/addon.ts';
import { randomTable } from '../support/random-tables.ts';
import { randomUrl } from '../support/random-urls.ts';
import { randomFrom } from '../support/random.ts';
import { readHeader } from '../support/read-image.ts';
import { makeRouter } from '../support/routers.ts';
import { routerOf } from '../support/tables.ts';

function imageOf(paths: readonly string[]): Buffer {
  const router = routerOf(paths);
  return Buffer.from(encodeTree(router, router.trees['GET']!).image);
}

/** Makes the checksum right again. */
function summed(image: Buffer): Buffer {
  image.writeUInt32LE(checksum(image.subarray((WORD_CHECKSUM + 1) * 4)), WORD_CHECKSUM * 4);
  return image;
}

const image = imageOf(['/a', '/ab/:x', '/ab/:x/c', '/f/*']);

it('loads an image as it was written, wherever it stands in memory', () => {
  const larger = new Uint8Array(image.length + 9);
  for (const at of [0, 1, 2, 3, 9]) {
    larger.set(image, at);
    const trie = loadTrie(larger.subarray(at, at + image.length));
    expect(trie?.find('/ab/7/c')).toBeGreaterThanOrEqual(0);
  }
});

it('keeps no hold of the bytes that it was loaded from', () => {
  const copy = Buffer.from(image);
  const trie = loadTrie(copy)!;
  const before = trie.find('/ab/7/c');
  copy.fill(0xff);
  expect(trie.find('/ab/7/c')).toBe(before);
});

it('refuses another version, magic, size, unknown options, and what stands where zero must', () => {
  const odd: readonly (readonly [word: number, value: number])[] = [
    ...[0, 1, 2, 6, 9].map((word) => [word, readHeader(image)[word]! + 1] as const),
    ...[0, 1, 2, 4, 6, 8, 9].map((word) => [word, 0xffffffff] as const),
    [4, 16],
    [1, 0],
    [8, 2],
  ];
  for (const [word, value] of odd) {
    const changed = Buffer.from(image);
    changed.writeUInt32LE(value, word * 4);
    expect(loadTrie(summed(changed)), `word ${word} as ${value}`).toBeUndefined();
  }
});

it('refuses an image of which one bit has changed', () => {
  for (let bit = 0; bit < image.length * 8; bit++) {
    const changed = Buffer.from(image);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    expect(loadTrie(changed), `bit ${bit}`).toBeUndefined();
  }
});

it('refuses an image that ends early, or late', () => {
  for (let length = 0; length < image.length; length++) {
    expect(loadTrie(image.subarray(0, length)), `${length} bytes`).toBeUndefined();
  }
  expect(loadTrie(Buffer.concat([image, Buffer.alloc(4)]))).toBeUndefined();
});

it('refuses what is no image at all', () => {
  for (const value of [undefined, null, 'image', {}, new Uint16Array(64), new Uint8Array(0)]) {
    expect(loadTrie(value as never)).toBeUndefined();
  }
  expect(loadTrie(Buffer.alloc(4096))).toBeUndefined();
});

it('answers from within its routes, or refuses to load, when words are changed and the checksum is right', () => {
  let loaded = 0;
  let refused = 0;
  for (let number = 0; number < 1500; number++) {
    const random = randomFrom(number + 3_000_000);
    const table = randomTable(random, { isConstrained: false });
    const router = makeRouter(table);
    const tree = router.trees['GET'];
    if (tree === undefined) continue;
    const changed = Buffer.from(encodeTree(router, tree).image);
    const times = 1 + random.int(3);
    for (let i = 0; i < times; i++) {
      const at = HEADER_WORDS * 4 + random.int(changed.length - HEADER_WORDS * 4);
      changed[at] = random.once(2) ? random.int(256) : changed[at]! ^ (1 << random.int(8));
    }
    const trie = loadTrie(summed(changed));
    if (trie === undefined) {
      refused++;
      continue;
    }
    loaded++;
    const routes = readHeader(changed)[7]!;
    for (let i = 0; i < 20; i++) {
      const route = trie.find(randomUrl(random, table));
      expect(route, `image ${number}`).toBeLessThan(Math.max(routes, 1));
      expect(route, `image ${number}`).toBeGreaterThan(-20);
    }
  }
  expect(refused).toBeGreaterThan(300);
  expect(loaded).toBeGreaterThan(100);
});
