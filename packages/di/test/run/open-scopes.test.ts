import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OpenScopes } from '../../src/run/open-scopes.ts';
import type { Linked } from '../../src/run/open-scopes.ts';

describe('the list of open scopes', () => {
  it('is a set, whatever is added and deleted in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 60 }), (toggles) => {
        const scopes = Array.from({ length: 10 }, (): Linked => ({
          before: undefined,
          after: undefined,
        }));
        const open = new OpenScopes<Linked>();
        const model = new Set<Linked>();
        for (const i of toggles) {
          const scope = scopes[i]!;
          if (model.delete(scope)) open.delete(scope);
          else {
            open.add(scope);
            model.add(scope);
          }
          expect(open.size).toBe(model.size);
          expect(open.list()).toEqual([...model].reverse());
          expect(new Set(open.list())).toEqual(model);
        }
      }),
      { numRuns: 200, seed: 20_261_126 },
    );
  });
});
