// keys(): every key once, as they were at the call, whatever changes meanwhile.
import { describe, expect, it } from 'vitest';
import { advance, setClock } from '../../src/testing.ts';
import { ended, nextMessage, startWorker } from '../support/worker.ts';
import { code } from './suite.ts';
import type { Suite } from './suite.ts';

/** Describes what keys() lists. */
export function describeListing({ open, target, uniqueName, optionsOf }: Suite): void {
  describe('keys()', () => {
    it('lists every key once', () => {
      const cache = open({ maxBytes: 8 * 2 ** 20 });
      const expected = Array.from({ length: 5000 }, (_, i) => `key:${i}`).sort();
      for (const key of expected) cache.set(key, 'v');
      expect([...cache.keys()].sort()).toEqual(expected);
    });

    it('lists by prefix and up to a limit', () => {
      const cache = open();
      for (const key of ['a:1', 'a:2', 'b:1', 'é:1', 'é']) cache.set(key, 'v');
      expect([...cache.keys({ prefix: 'a:' })].sort()).toEqual(['a:1', 'a:2']);
      expect([...cache.keys({ prefix: 'é' })].sort()).toEqual(['é', 'é:1']);
      expect([...cache.keys({ prefix: 'none' })]).toEqual([]);
      expect([...cache.keys({ prefix: 'x'.repeat(9000) })]).toEqual([]);
      expect([...cache.keys({ limit: 2 })].length).toBe(2);
      expect([...cache.keys({ limit: 0 })]).toEqual([]);
    });

    it('gives Buffers for keys that are not text, or for all on request', () => {
      const cache = open();
      cache.set(Uint8Array.of(0xff, 0), 'v');
      cache.set('text', 'v');
      cache.set('\ud800', 'v');
      const keys = [...cache.keys()];
      expect(keys).toContain('text');
      expect(keys).toContainEqual(Buffer.of(0xff, 0));
      expect(keys).toContainEqual(Buffer.of(0xed, 0xa0, 0x80));
      const buffers = [...cache.keys({ as: 'buffer' })];
      expect(buffers.every((key) => Buffer.isBuffer(key))).toBe(true);
      expect(buffers).toContainEqual(Buffer.from('text'));
    });

    it('leaves out what has expired', () => {
      const cache = open();
      setClock(cache, 0);
      cache.set('short', 'v', { ttl: 10 });
      cache.set('long', 'v', { ttl: 1000 });
      advance(cache, 20);
      expect([...cache.keys()]).toEqual(['long']);
    });

    it('iterates twice at the same time, over a cache that changes', () => {
      const cache = open({ maxBytes: 8 * 2 ** 20 });
      for (let i = 0; i < 2000; i++) cache.set(`stable${i}`, 'v');
      const seen = new Map<string, number>();
      const other = cache.keys();
      for (const key of cache.keys()) {
        seen.set(String(key), (seen.get(String(key)) ?? 0) + 1);
        other.next();
        cache.set(`new${seen.size}`, 'v');
        cache.delete(`new${seen.size - 10}`);
      }
      for (let i = 0; i < 2000; i++) expect(seen.get(`stable${i}`)).toBe(1);
    });

    it('lists a prefix once each while keys of it come and go', () => {
      const cache = open({ maxBytes: 8 * 2 ** 20 });
      for (let i = 0; i < 2000; i++) {
        cache.set(`a:${i}`, 'v');
        cache.set(`b:${i}`, 'v');
      }
      const seen = new Map<string, number>();
      let step = 0;
      for (const key of cache.keys({ prefix: 'a:' })) {
        seen.set(String(key), (seen.get(String(key)) ?? 0) + 1);
        cache.set(`a:new${step}`, 'v');
        cache.set(`b:new${step}`, 'v');
        cache.set(String(key), 'longer than before');
        cache.delete(`b:${step}`);
        cache.delete(`a:new${step - 5}`);
        step++;
      }
      for (let i = 0; i < 2000; i++) expect(seen.get(`a:${i}`)).toBe(1);
      expect([...seen.keys()].every((key) => key.startsWith('a:'))).toBe(true);
      expect([...seen.values()].every((count) => count === 1)).toBe(true);
    });

    it('lists what was there at the call: not what is set later, but what is deleted later', () => {
      const cache = open();
      cache.set('kept', 'v');
      cache.set('deleted', 'v');
      const keys = cache.keys();
      cache.set('new', 'v');
      cache.delete('deleted');
      expect([...keys].sort()).toEqual(['deleted', 'kept']);
      expect([...cache.keys()].sort()).toEqual(['kept', 'new']);
    });

    it('goes on after clear and expiry with what was there at the call', () => {
      const cache = open();
      setClock(cache, 0);
      cache.set('a', 'v', { ttl: 10 });
      cache.set('b', 'v');
      const keys = cache.keys();
      const first = keys.next().value;
      advance(cache, 20);
      cache.clear();
      expect([first, ...keys].sort()).toEqual(['a', 'b']);
    });

    it('is not disturbed when each key is deleted as it comes', () => {
      const cache = open({ maxBytes: 8 * 2 ** 20 });
      for (let i = 0; i < 3000; i++) cache.set(`k${i}`, 'v');
      let count = 0;
      for (const key of cache.keys()) if (cache.delete(key)) count++;
      expect(count).toBe(3000);
      expect([...cache.keys()]).toEqual([]);
    });

    if (target.backend === 'native') {
      it('lists once each key that another thread leaves alone while it writes others', async () => {
        const name = uniqueName();
        const maxBytes = 16 * 2 ** 20;
        // A listing leaves out what is locked for longer than lockTimeout: on a busy machine a thread may be off its core that long.
        const patience = target.scope === 'machine' ? { lockTimeout: 10_000 } : {};
        const cache = open({ maxBytes, ...patience }, name);
        const stable = Array.from({ length: 3000 }, (_, i) => `stable${i}`).sort();
        for (const key of stable) cache.set(key, 'v');
        const stop = new Int32Array(new SharedArrayBuffer(8));
        const worker = startWorker(
          `const cache = openCache(data.name, data.options);
          port.postMessage('open');
          for (let i = 0; Atomics.load(data.stop, 0) === 0; i++) {
            cache.set('other' + (i % 20_000), 'x'.repeat(i % 300));
            cache.delete('other' + ((i * 7) % 20_000));
            Atomics.store(data.stop, 1, i);
          }
          cache.close();`,
          { name, options: { ...optionsOf(name), maxBytes }, stop },
        );
        await nextMessage(worker);
        let isRight = true;
        // Long enough for the index to have grown several times meanwhile.
        for (let calls = 0; calls < 30 || Atomics.load(stop, 1) < 40_000; calls++) {
          const seen = [...cache.keys({ prefix: 'stable' })].sort();
          isRight &&= seen.length === stable.length && seen.every((key, i) => key === stable[i]);
          const all = [...cache.keys()];
          isRight &&= new Set(all).size === all.length;
        }
        Atomics.store(stop, 0, 1);
        await ended(worker);
        expect(isRight).toBe(true);
        expect(cache.stats().evictions).toBe(0);
      });
    }

    it('throws when the cache is closed meanwhile', () => {
      const cache = open({ maxBytes: 8 * 2 ** 20 });
      for (let i = 0; i < 5000; i++) cache.set(`k${i}`, 'v');
      const keys = cache.keys();
      keys.next();
      cache.close();
      expect(() => [...keys]).toThrow(code('CATZ_CACHE_CLOSED'));
    });
  });
}
