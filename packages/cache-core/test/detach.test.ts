// Users can transfer the memory under a Buffer to another thread. The cache must neither write to memory that is
// gone nor serve what is no longer the value.
import { MessageChannel } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { openCache } from '../src/index.ts';

type Transferable = ArrayBuffer & { transfer?: () => ArrayBuffer };

function steal(bytes: Buffer): void {
  const memory = bytes.buffer as Transferable;
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(memory, [memory]);
  } catch {
    // newer versions of Node refuse to transfer what is marked as untransferable; Node 20 copies it
  }
  try {
    memory.transfer?.(); // Node 22 detaches even what is marked
  } catch {
    // Node 24 refuses
  }
  port1.close();
  port2.close();
}

it('goes on after the memory of a value was transferred away', () => {
  const cache = openCache({ maxBytes: 4 * 2 ** 20 });
  for (let round = 0; round < 20; round++) {
    for (const size of [10, 3000, 30_000]) {
      const key = `k${size}`;
      const value = Buffer.alloc(size, round);
      cache.set(key, value);
      for (let i = 0; i < 6; i++) {
        steal(cache.get(key)!);
        expect(cache.peek(key)!.equals(value)).toBe(true);
        expect(cache.get(key)!.equals(value)).toBe(true);
        steal(cache.peek(key)!);
        expect(cache.getRecord(key)!.bytes.equals(value)).toBe(true);
      }
    }
  }
  cache.close();
});

it('goes on after the memory of its chunks was detached by force', () => {
  const cache = openCache({ maxBytes: 4 * 2 ** 20 });
  cache.set('k', 'value');
  for (let round = 0; round < 10; round++) {
    const bytes = cache.get('k')!;
    expect(bytes.toString()).toBe('value');
    // what ArrayBuffer.prototype.transfer does, by a route that exists in every version
    try {
      structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
    } catch {
      expect(bytes.length).toBe(5);
    }
  }
  expect(cache.get('k')!.toString()).toBe('value');
  cache.close();
});
