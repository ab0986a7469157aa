// Where a program lies that a thread or a child runs (src/program-url.ts).
import { expect, it } from 'vitest';
import { programUrl } from '../src/program-url.ts';

it.each([
  ['file:///p/dist/a/b.js', 'file:///p/dist/a/worker.js'],
  ['file:///p/src/a/b.ts', 'file:///p/dist/a/worker.js'],
  ['file:///home/src/p/src/a/b.ts', 'file:///home/src/p/dist/a/worker.js'],
  ['file:///home/src/p/dist/b.js', 'file:///home/src/p/dist/worker.js'],
])('beside %s it is %s', (base, expected) => {
  expect(programUrl('worker', base).href).toBe(expected);
});
