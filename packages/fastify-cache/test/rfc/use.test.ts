// What an entry is good for at a moment (src/rfc/use.ts): fresh, stale with or without permission, asked for by directives.
// Directives count here as under `requestDirectives: 'full'`; that they do not under 'safe' is the plugin's (hooks/ask.ts).
// The windows themselves are stale.test.ts, how long an entry is kept storable.test.ts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeEntry, markedStale } from '../../src/entry/entry.ts';
import type { Entry, EntryHead } from '../../src/entry/entry.ts';
import { parseCacheControl } from '../../src/rfc/parse-cache-control.ts';
import { NO_STALE } from '../../src/rfc/stale.ts';
import { storable } from '../../src/rfc/storable.ts';
import type { StorePolicy } from '../../src/rfc/storable.ts';
import { isFreshNow, maySubstitute, useOf } from '../../src/rfc/use.ts';
import type { Use } from '../../src/rfc/use.ts';

const born = Date.UTC(2026, 0, 1);
const LIFETIME = 60_000;
const end = born + LIFETIME;

function entry(facts: Partial<EntryHead> = {}): Entry {
  const head: EntryHead = {
    route: 'GET /',
    key: '1|http|http|a.example|/',
    status: 200,
    fields: [],
    bornAt: born,
    lifetimeMs: LIFETIME,
    ttlOnly: false,
    authorizationAllowed: false,
    transformed: false,
    isWeakened: false,
    stale: NO_STALE,
    mustValidate: false,
    forbidsStale: false,
    ownValidator: false,
    immutable: false,
    took: 1,
    tags: [],
  };
  return makeEntry({ ...head, ...facts }, Buffer.alloc(0));
}

function use(of: Entry, at: number, asked?: string, isOverloaded = false): Use {
  return useOf(of, asked === undefined ? undefined : parseCacheControl(asked), at, isOverloaded);
}

const windows = { revalidate: 10_000, error: 20_000, overload: 30_000 };

describe('use of an entry', () => {
  it('F1 is fresh while its lifetime is greater than its age', () => {
    expect(use(entry(), born)).toBe('fresh');
    expect(use(entry(), end - 1)).toBe('fresh');
    expect(use(entry(), end)).toBe('validate');
    expect(use(entry({ lifetimeMs: 0 }), born)).toBe('validate');
  });

  it('U2 validates what says no-cache, fresh or not, overloaded or not', () => {
    const of = entry({ mustValidate: true, stale: windows });
    expect(isFreshNow(of, born)).toBe(false);
    for (const at of [born, end, end + 1]) expect(use(of, at, undefined, true)).toBe('validate');
  });

  it('validates what the tiers call stale before its time, but for its windows', () => {
    expect(use(markedStale(entry(), born), born)).toBe('validate');
    expect(use(markedStale(entry({ stale: windows }), born), born)).toBe('behind');
    expect(use(markedStale(entry({ stale: windows, forbidsStale: true }), born), born)).toBe(
      'validate',
    );
  });

  it('T2 counts windows from the soft purge, not from the end of its freshness', () => {
    const of = markedStale(
      entry({ stale: { ...NO_STALE, revalidate: 10_000, error: 5_000 } }),
      born,
    );
    expect(use(of, born + 9_999)).toBe('behind');
    expect(use(of, born + 10_000)).toBe('validate');
    expect(maySubstitute(of, born + 4_999)).toBe(true);
    expect(maySubstitute(of, born + 5_000)).toBe(false);
  });

  it('T2 answers behind inside its window of revalidation, never after', () => {
    const of = entry({ stale: { ...NO_STALE, revalidate: 10_000 } });
    expect(use(of, end)).toBe('behind');
    expect(use(of, end + 9_999)).toBe('behind');
    expect(use(of, end + 10_000)).toBe('validate');
  });

  it('answers from what is stale under overload inside its window, never after', () => {
    const of = entry({ stale: { ...NO_STALE, overload: 30_000 } });
    expect(use(of, end, undefined, true)).toBe('overload');
    expect(use(of, end + 29_999, undefined, true)).toBe('overload');
    expect(use(of, end + 30_000, undefined, true)).toBe('validate');
    expect(use(of, end)).toBe('validate');
  });

  it('prefers behind to overload, and does not count the window of errors', () => {
    const of = entry({ stale: windows });
    expect(use(of, end, undefined, true)).toBe('behind');
    expect(use(of, end + 10_000, undefined, true)).toBe('overload');
    expect(use(entry({ stale: { ...NO_STALE, error: 20_000 } }), end, undefined, true)).toBe(
      'validate',
    );
  });

  it('T1 validates what forbids stale use, whoever asks and whatever its windows', () => {
    const of = entry({ forbidsStale: true, stale: windows });
    expect(use(of, end - 1)).toBe('fresh');
    expect(use(of, end)).toBe('validate');
    expect(use(of, end, 'max-stale', true)).toBe('validate');
  });
});

describe('use of an entry under directives of the request', () => {
  it.each<[string, number, Use]>([
    ['', 0, 'fresh'],
    ['no-store', 0, 'fresh'],
    ['only-if-cached', 0, 'fresh'],
    ['no-cache', 0, 'validate'],
    ['no-cache=x', 0, 'validate'],
    ['max-age=30', 30_000, 'fresh'],
    ['max-age=30', 30_001, 'validate'],
    ['max-age=0', 0, 'validate'],
    ['max-age=x', 0, 'validate'],
    ['min-fresh=20', 40_000, 'fresh'],
    ['min-fresh=20', 40_001, 'validate'],
    ['min-fresh=x', 0, 'validate'],
    ['min-fresh=0', 59_999, 'fresh'],
    ['max-age=30, min-fresh=50', 10_000, 'fresh'],
    ['max-age=30, min-fresh=50', 10_001, 'validate'],
    ['max-stale=5', 0, 'fresh'],
  ])('C4 asked %j, a fresh entry of %d ms is good for %s', (asked, age, expected) => {
    expect(use(entry(), born + age, asked)).toBe(expected);
  });

  it.each<[string, number, Use]>([
    ['max-stale=5', 5_000, 'accepted'],
    ['max-stale=5', 5_001, 'validate'],
    ['max-stale', 1e12, 'accepted'],
    ['max-stale=0', 0, 'accepted'],
    ['max-stale=0', 1, 'validate'],
    ['max-stale=x', 1, 'validate'],
    ['max-stale=99, max-age=99', 1, 'validate'],
    ['max-stale=99, min-fresh=0', 1, 'validate'],
    ['max-stale=99, no-cache', 1, 'validate'],
    ['', 1, 'validate'],
  ])('C4 asked %j, an entry stale for %d ms is good for %s', (asked, staleFor, expected) => {
    expect(use(entry(), end + staleFor, asked)).toBe(expected);
  });

  it.each(['max-age=99', 'min-fresh=0', 'no-cache'])(
    'C4 gives no stale response to a client that asks with %s, inside any window',
    (asked) => {
      expect(use(entry({ stale: windows }), end, asked, true)).toBe('validate');
    },
  );

  it('C4 answers behind where max-stale does not reach, and accepted where it does', () => {
    const of = entry({ stale: windows });
    expect(use(of, end + 2_000, 'max-stale=1')).toBe('behind');
    expect(use(of, end + 1_000, 'max-stale=1')).toBe('accepted');
    expect(use(of, end + 10_000, 'max-stale=1', true)).toBe('overload');
  });

  it('C2 does not ask again on a reload for what is immutable, while it is fresh', () => {
    const of = entry({ immutable: true });
    expect(use(of, born + 50_000, 'max-age=0')).toBe('fresh');
    expect(use(of, end, 'max-age=0')).toBe('validate');
    expect(use(of, end)).toBe('validate');
  });

  it('C2 asks again for what is immutable where the client says no-cache or min-fresh', () => {
    const of = entry({ immutable: true });
    expect(use(of, born, 'no-cache')).toBe('validate');
    expect(use(of, born, 'min-fresh=61')).toBe('validate');
  });
});

describe('an entry in the place of an error', () => {
  it('T2 may stand there inside its window, never after', () => {
    const of = entry({ stale: { ...NO_STALE, error: 20_000 } });
    expect(maySubstitute(of, end - 1)).toBe(true);
    expect(maySubstitute(of, end)).toBe(true);
    expect(maySubstitute(of, end + 19_999)).toBe(true);
    expect(maySubstitute(of, end + 20_000)).toBe(false);
  });

  it('T2 may not stand there without a window of its own, whatever the others', () => {
    const of = entry({ stale: { ...windows, error: 0 } });
    expect(maySubstitute(of, end)).toBe(false);
    // A fresh one gets there only where the client asked for validation.
    expect(maySubstitute(of, end - 1)).toBe(false);
  });

  it('T1 may not where it forbids stale use or asks for validation', () => {
    expect(maySubstitute(entry({ stale: windows, forbidsStale: true }), end)).toBe(false);
    expect(maySubstitute(entry({ stale: windows, mustValidate: true }), born)).toBe(false);
  });

  it('may, called stale before its time, only by its window', () => {
    expect(maySubstitute(markedStale(entry({ stale: windows }), born), born)).toBe(true);
    expect(maySubstitute(markedStale(entry(), born), born)).toBe(false);
  });
});

describe('use of an entry, in general', () => {
  const directive = fc.constantFrom(
    'no-cache',
    'max-age=0',
    'max-age=70',
    'max-stale',
    'max-stale=3',
    'min-fresh=2',
    'only-if-cached',
  );
  const asked = fc.option(
    fc.array(directive).map((list) => list.join(', ')),
    { nil: undefined },
  );
  const offset = fc.integer({ min: -70_000, max: 70_000 });
  const window = fc.nat({ max: 80_000 });
  const stale = fc.record({ revalidate: window, error: window, overload: window });

  it('T1 is never anything but validation past its freshness where that is forbidden', () => {
    const forbidding = fc.record({
      forbidsStale: fc.constant(true),
      mustValidate: fc.boolean(),
      immutable: fc.boolean(),
      stale,
    });
    fc.assert(
      fc.property(
        forbidding,
        asked,
        offset,
        fc.boolean(),
        fc.boolean(),
        (facts, by, ms, busy, soft) => {
          const of = soft ? markedStale(entry(facts), born) : entry(facts);
          const isFresh = ms < 0 && !soft && !facts.mustValidate;
          if (!isFresh) {
            expect(use(of, end + ms, by, busy)).toBe('validate');
            expect(maySubstitute(of, end + ms)).toBe(false);
          }
        },
      ),
    );
  });

  it('is fresh without directives exactly where `isFreshNow` says so', () => {
    const facts = fc.record({ forbidsStale: fc.boolean(), mustValidate: fc.boolean(), stale });
    fc.assert(
      fc.property(facts, offset, fc.boolean(), (more, ms, busy) => {
        const of = entry(more);
        const isFresh = use(of, end + ms, undefined, busy) === 'fresh';
        expect(isFresh).toBe(isFreshNow(of, end + ms));
      }),
    );
  });

  it('C4 never has fewer reasons to validate for what a client asks, but for max-stale', () => {
    const strict = fc.array(
      fc.constantFrom('no-cache', 'max-age=0', 'max-age=30', 'min-fresh=9', 'no-store', ''),
    );
    fc.assert(
      fc.property(strict, stale, offset, fc.boolean(), (list, more, ms, busy) => {
        const of = entry({ stale: more });
        const plain = use(of, end + ms, undefined, busy);
        expect([plain, 'validate']).toContain(use(of, end + ms, list.join(', '), busy));
      }),
    );
  });

  it('is not kept a moment less than it may be answered', () => {
    const policy: StorePolicy = {
      ttl: undefined,
      ttlMode: 'fallback',
      heuristic: undefined,
      targets: [],
      stale: windows,
      keep: 5_000,
      storesErrors: false,
      storePartial: false,
      isPrivate: false,
      requestDirectives: 'safe',
      authorization: 'rfc',
      setCookie: 'refuse',
      types: undefined,
      ttlVetoFields: [],
      vary: { add: [], ignore: [], normalize: new Map() },
    };
    const directives = fc.subarray([
      'must-revalidate',
      'no-cache',
      'stale-while-revalidate=50',
      'stale-if-error=0',
    ]);
    const headers = fc.record(
      { age: fc.constantFrom('0', '5', '59'), etag: fc.constant('"a"') },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(directives, headers, offset, fc.boolean(), (list, more, ms, busy) => {
        const request = { method: 'GET', headers: {}, startedAt: born };
        const fields = { ...more, 'cache-control': ['max-age=60', ...list].join(', ') };
        const response = { status: 200, headers: fields, receivedAt: born };
        const facts = storable(request, response, policy);
        if (!facts.store) return;
        const { bornAt, lifetimeMs, mustValidate, forbidsStale } = facts;
        const of = entry({ bornAt, lifetimeMs, mustValidate, forbidsStale, stale: facts.stale });
        const isOfUse = use(of, end + ms, undefined, busy) !== 'validate';
        if (isOfUse || maySubstitute(of, end + ms)) {
          expect(end + ms - born).toBeLessThan(facts.usefulForMs);
        }
      }),
      { numRuns: 300 },
    );
  });
});
