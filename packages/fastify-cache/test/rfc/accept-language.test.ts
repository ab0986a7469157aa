import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptLanguage, chooseLanguage, languageSet } from '../../src/rfc/accept-language.ts';
import { processorTime } from '../support/processor-time.ts';

describe('Accept-Language', () => {
  it.each([
    ['en-GB, en;q=0.9, de;q=0.8', 'en-gb>en>de'],
    ['EN , de', 'en,de'],
    ['de, en', 'de,en'],
    ['de;q=0.5,en', 'en>de'],
    ['de;q=1.0,en;q=1', 'de,en'],
    ['en, fr;q=0', 'en!fr'],
    ['*', '*'],
    ['', ''],
    ['en;x=1', '?en;x=1'],
    ['en!fr', '?en!fr'],
    ['zh_CN', '?zh_CN'],
    ['de-*', '?de-*'],
    ['overlonglanguage', '?overlonglanguage'],
  ])('Y2 reads %j as %j', (value, expected) => {
    expect(acceptLanguage(value)).toBe(expected);
  });

  it.each([
    ['en, de', 'de,en'],
    ['de, EN', 'de,en'],
    ['en;q=1, de;q=1.0', 'de,en'],
    ['fr, en;q=0.5, de;q=0.5', 'fr>de,en'],
    ['en, de, en', 'de,en'],
    ['en, en;q=0.5', 'en>en'],
    ['en, fr;q=0, de;q=0, fr;q=0', 'en!de!fr'],
    ['en;q=0, en', 'en!en'],
    ['', ''],
    ['en!fr', '?en!fr'],
    ['de;q=2', '?de;q=2'],
  ])('Y2 reads the set %j as %j', (value, expected) => {
    expect(languageSet(value)).toBe(expected);
  });

  it('Y2 gives languages of equal weight one set in any order and spacing', () => {
    fc.assert(
      fc.property(distinctWishes.chain(withShuffled), space, ([one, other], gap) => {
        expect(languageSet(written(other, gap))).toBe(languageSet(written(one)));
      }),
    );
  });

  it.each([
    ['its list form', acceptLanguage, true],
    ['its set form', languageSet, false],
  ])('Y2 shares %s only between values that every handler answers alike', (_, form, ordered) => {
    let shared = 0;
    fc.assert(
      fc.property(anyWishes, anyWishes, offers, (one, other, offered) => {
        if (form(written(one)) !== form(written(other))) return;
        shared++;
        expect(negotiate(one, offered, ordered)).toBe(negotiate(other, offered, ordered));
      }),
      { numRuns: 5000 },
    );
    expect(shared).toBeGreaterThan(20);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), nearlyValid), fc.array(fc.string()), (text, languages) => {
        expect(typeof acceptLanguage(text)).toBe('string');
        expect(typeof languageSet(text)).toBe('string');
        expect(typeof chooseLanguage(text, languages)).toBe('string');
      }),
    );
  });
});

describe('the choice of a language', () => {
  const languages = ['de', 'en', 'fr'];

  it.each([
    ['en', 'en'],
    ['EN', 'en'],
    ['en, fr', 'en'],
    ['fr, en', 'fr'],
    ['en;q=0.5, fr', 'fr'],
    ['en;q=0.8, fr;q=0.9, de;q=0.1', 'fr'],
    ['en;q=1.0, fr;q=1', 'en'],
  ])('takes the highest weight, then the order of the field: %j gives %j', (value, expected) => {
    expect(chooseLanguage(value, languages)).toBe(expected);
  });

  it.each([
    ['fr-CH', 'fr'],
    ['fr-CH-1996', 'fr'],
    ['it-CH, en-GB;q=0.1', 'en'],
    ['fr-CH, en', 'fr'],
    ['english', 'de'],
    ['x-en', 'de'],
  ])('shortens a range until it matches: %j gives %j', (value, expected) => {
    expect(chooseLanguage(value, languages)).toBe(expected);
  });

  it('shortens by a subtag of one character together with what followed it', () => {
    expect(chooseLanguage('zh-Hant-CN-x-private1', ['en', 'zh-hant-cn-x', 'zh-Hant'])).toBe(
      'zh-Hant',
    );
    expect(chooseLanguage('i-klingon', ['en', 'i'])).toBe('en');
    expect(chooseLanguage('i-klingon', ['en', 'i-klingon'])).toBe('i-klingon');
  });

  it('matches the longest of the list, and no language longer than the range', () => {
    expect(chooseLanguage('de-AT-1996', ['de', 'de-AT'])).toBe('de-AT');
    expect(chooseLanguage('de', ['en', 'de-AT'])).toBe('en');
  });

  it('spells the answer as the list does', () => {
    expect(chooseLanguage('pt-br', ['en', 'pt-BR'])).toBe('pt-BR');
    expect(chooseLanguage('DE', ['de', 'DE'])).toBe('de');
  });

  it.each([
    ['*', 'de'],
    ['*;q=0.1', 'de'],
    ['it, *', 'de'],
    ['*, de;q=0', 'en'],
    ['*, de;q=0, en;q=0', 'fr'],
    ['*, de-AT;q=0', 'de'],
    ['*, fr', 'fr'],
    ['*, fr;q=0.5', 'de'],
    ['fr, *;q=0.5', 'fr'],
  ])('gives for * the first that is not refused: %j gives %j', (value, expected) => {
    expect(chooseLanguage(value, languages)).toBe(expected);
  });

  it.each([
    ['de;q=0', 'en'],
    ['de;q=0.000, en;q=0', 'fr'],
    ['de-AT, de;q=0', 'en'],
    ['de, de;q=0', 'en'],
    ['de;q=0, en;q=0, fr;q=0', 'de'],
    ['it, *;q=0', 'de'],
    ['en, *;q=0', 'en'],
    ['en-GB, *;q=0', 'en'],
  ])('never gives a refused one while there is another: %j gives %j', (value, expected) => {
    expect(chooseLanguage(value, languages)).toBe(expected);
  });

  it('refuses what lies below a refused range, except where a longer range asks for it', () => {
    expect(chooseLanguage('de;q=0, *', ['de-AT', 'en'])).toBe('en');
    expect(chooseLanguage('de;q=0, de-AT;q=0.1', ['de', 'de-AT'])).toBe('de-AT');
    expect(chooseLanguage('den;q=0, *', ['de', 'en'])).toBe('de');
  });

  it.each([[undefined], [''], ['it'], ['it, es;q=0.5'], ['???'], ['"en']])(
    'gives the first where nothing matches: %j',
    (value) => {
      expect(chooseLanguage(value, languages)).toBe('de');
    },
  );

  it.each([
    ['zh_CN, en;q=0.5', 'en'],
    ['en;q=9, fr', 'fr'],
    ['en;level=1, fr;q=0.1', 'fr'],
    ['de-*, fr', 'fr'],
  ])('passes over members that it cannot read: %j gives %j', (value, expected) => {
    expect(chooseLanguage(value, languages)).toBe(expected);
  });

  it('gives nothing for an empty list', () => {
    expect(chooseLanguage('en', [])).toBe('');
    expect(chooseLanguage(undefined, [])).toBe('');
  });

  it('gives one of the list whatever comes, and no refused one while there is another', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), nearlyValid, anyWishes.map(written)), (value) => {
        expect(languages).toContain(chooseLanguage(value, languages));
      }),
    );
    fc.assert(
      fc.property(
        distinctWishes,
        fc.shuffledSubarray(languages, { minLength: 1 }),
        (wishes, list) => {
          const weights = new Map(wishes);
          const chosen = chooseLanguage(written(wishes), list);
          const others = list.filter((language) => weights.get(language) !== 0);
          if (others.length > 0) expect(weights.get(chosen)).not.toBe(0);
        },
      ),
    );
  });

  it('is the same for ranges of different weights in any order and spacing', () => {
    const ranges = fc.shuffledSubarray(['de', 'en-GB', 'en', 'fr-CH', 'it', '*'], { minLength: 1 });
    const wishes = ranges.map((names) => names.map((name, i): Wish => [name, (9 - i) / 10]));
    fc.assert(
      fc.property(wishes.chain(withShuffled), space, ([one, other], gap) => {
        expect(chooseLanguage(written(other, gap), languages)).toBe(
          chooseLanguage(written(one), languages),
        );
      }),
    );
  });

  it('reads ranges of very many subtags, and very many ranges, in good time', async () => {
    const subtags = '-aa'.repeat(5000);
    const took = await processorTime(() => {
      const long = `${`it${subtags},`.repeat(60)}fr${subtags};q=0.5`;
      expect(chooseLanguage(long, languages)).toBe('fr');
      expect(chooseLanguage(`${'it-aa,'.repeat(50_000)}it;q=0`, languages)).toBe('de');
    });
    expect(took).toBeLessThan(1000);
  });
});

type Wish = readonly [name: string, weight: number];

const ranges = ['de', 'en', 'fr', 'de-AT', '*'];
const weight = fc.constantFrom(0, 0.5, 1);
const distinctWishes = fc
  .shuffledSubarray(ranges)
  .chain((names) => fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), weight))));
const anyWishes = fc.array(fc.tuple(fc.constantFrom(...ranges), weight), { maxLength: 3 });
const offers = fc.shuffledSubarray(['de', 'en', 'fr', 'de-AT'], { minLength: 1 });
const space = fc.constantFrom('', ' ', '\t', '  ');
const nearlyValid = fc.string({
  unit: fc.constantFrom('d', 'e', '-', '*', ',', ';', 'q=', '0.', '1', ' '),
});

function withShuffled(
  wishes: readonly Wish[],
): fc.Arbitrary<readonly [readonly Wish[], readonly Wish[]]> {
  const shuffled = fc.shuffledSubarray([...wishes], { minLength: wishes.length });
  return shuffled.map((other) => [wishes, other] as const);
}

function written(wishes: readonly Wish[], gap = ' '): string {
  return wishes.map(([name, q]) => `${name}${gap};${gap}q=${q}`).join(`${gap},${gap}`);
}

// A handler: the first offer of the highest weight, by exact names and `*`; or, where the order of the field is priority,
// the offer named first at the highest weight. A name given twice counts once, by its highest weight or as refused.
function negotiate(
  wishes: readonly Wish[],
  offered: readonly string[],
  ordered: boolean,
): string | undefined {
  const weights = new Map<string, number>();
  for (const [name, q] of wishes) {
    const known = weights.get(name);
    weights.set(name, known === undefined ? q : known * q === 0 ? 0 : Math.max(known, q));
  }
  const highest = (names: readonly string[]): string | undefined => {
    let best: string | undefined;
    for (const name of names) {
      const q = weightOf(name);
      if (q > 0 && (best === undefined || q > weightOf(best))) best = name;
    }
    return best;
  };
  const weightOf = (name: string): number => weights.get(name) ?? weights.get('*') ?? 0;
  const named = wishes.map(([name]) => name).filter((name) => offered.includes(name));
  return highest(ordered ? [...named, ...offered] : offered);
}
