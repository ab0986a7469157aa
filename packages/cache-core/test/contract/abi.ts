// abi: the C functions of the engine, for other addons.
import { describe, expect, it } from 'vitest';
import { code } from './suite.ts';
import type { Suite } from './suite.ts';

/** Describes what `abi` gives. */
export function describeAbi({ open, target }: Suite): void {
  describe('abi', () => {
    if (target.backend === 'js') {
      it('is an error, for there is no engine', () => {
        const cache = open();
        expect(() => cache.abi).toThrow(code('CATZ_CACHE_UNSUPPORTED_BACKEND'));
        expect(() => cache.abi).toThrow("expected backend 'native' for abi, got 'js'");
      });
    } else {
      it('is the same for every handle', () => {
        const { abi } = open();
        expect(typeof abi).toBe('object');
        expect(abi).not.toBeNull();
      });
    }

    it('is gone once closed', () => {
      const cache = open();
      cache.close();
      expect(() => cache.abi).toThrow(code('CATZ_CACHE_CLOSED'));
    });
  });
}
