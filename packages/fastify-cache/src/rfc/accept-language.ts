// Accept-Language (RFC 9110 12.5.4) in two forms that select a variant, and the choice of one language from a list.
// Invariant: linear in the field but for one sort. Two values share a form only if they rank and refuse the same
// languages alike; a choice is always one of the list, so that no client can make more variants than it is long.
// Which of the three counts is the author's to say (normalize.ts).
import {
  byWeightAndName,
  rankedForm,
  splitList,
  weightedList,
  weightedMember,
} from '@catzilla/http';
import type { Weighted } from '@catzilla/http';

/** Accept-Language: lower case, no spaces, in order of weight; the order among equals is kept, for many handlers read it
 * as priority. Languages with q=0 are kept as `!name`. What cannot be read is `?` and the value. */
export function acceptLanguage(value: string): string {
  const wishes = rangeList(value);
  if (wishes === undefined) return `?${value}`;
  const { accepted, excluded } = parted(wishes);
  return rankedForm(accepted.sort(byWeight), excluded);
}

/** Accept-Language as `acceptLanguage` reads it, but without order among languages of equal weight, each once. */
export function languageSet(value: string): string {
  const wishes = rangeList(value);
  if (wishes === undefined) return `?${value}`;
  const { accepted, excluded } = parted(wishes);
  const ranked = accepted.sort(byWeightAndName).filter(({ name, weight }, i, all) => {
    const before = all[i - 1];
    return before?.name !== name || before.weight !== weight;
  });
  return rankedForm(ranked, [...new Set(excluded)].sort());
}

/** The language of a list that suits a client best: lookup of RFC 4647 3.4 over its ranges in order of weight, equal ones
 * in order of the field. A handler that asks this, with the list given to `vary.normalize`, answers just what the
 * variant stands for.
 *
 * A range matches a language equal to it in any case, else it is shortened from its end: `de-AT` matches `de`, but `de`
 * does not match `de-AT`. `*` stands behind its equals and gives the first language that is not refused. A range with q=0
 * refuses its language and those below it (`de;q=0` also `de-AT`), except where a longer range asks for them. Members
 * that cannot be read are passed over. Never throws.
 * @param value      the field, lines joined with `,`; undefined when absent
 * @param languages  language tags, such as `['de', 'en', 'fr']`; the first is the default
 * @returns one of the list as it is spelled there; when nothing matches, the first that is not refused, and when all are,
 *   the first; '' for an empty list */
export function chooseLanguage(value: string | undefined, languages: readonly string[]): string {
  const first = languages[0] ?? '';
  if (value === undefined) return first;
  const wishes = readableRanges(value);
  const { accepted, excluded } = parted(wishes);
  const refused = refusals(accepted, excluded);
  const allowed = languages.filter((language) => !refused(language.toLowerCase()));
  const find = finder(allowed);
  for (const { name } of accepted.sort(byWeightStarLast)) {
    if (name === '*') break;
    const language = find(name);
    if (language !== undefined) return language;
  }
  return allowed[0] ?? first;
}

// Basic language ranges (RFC 4647 2.1). Other tokens may hold `!`, which marks the excluded ones in a form.
const RANGE = /^(?:\*|[a-z]{1,8}(?:-[a-z\d]{1,8})*)$/;

function rangeList(value: string): Weighted[] | undefined {
  const wishes = weightedList(value);
  return wishes?.every(({ name }) => RANGE.test(name)) ? wishes : undefined;
}

function readableRanges(value: string): Weighted[] {
  const wishes: Weighted[] = [];
  for (const member of splitList(value).members) {
    const wish = weightedMember(member);
    if (wish !== undefined && RANGE.test(wish.name)) wishes.push(wish);
  }
  return wishes;
}

function parted(wishes: readonly Weighted[]): { accepted: Weighted[]; excluded: string[] } {
  const accepted: Weighted[] = [];
  const excluded: string[] = [];
  for (const wish of wishes) {
    if (wish.weight > 0) accepted.push(wish);
    else excluded.push(wish.name);
  }
  return { accepted, excluded };
}

function byWeight(a: Weighted, b: Weighted): number {
  return b.weight - a.weight;
}

// RFC 4647 3.4 skips a `*` that other ranges follow.
function byWeightStarLast(a: Weighted, b: Weighted): number {
  return b.weight - a.weight || Number(a.name === '*') - Number(b.name === '*');
}

// The longest range at or above a language decides; of two that contradict each other, the refusal.
function refusals(
  accepted: readonly Weighted[],
  excluded: readonly string[],
): (language: string) => boolean {
  if (excluded.length === 0) return () => false;
  const refused = new Set(excluded);
  const wanted = new Set(accepted.map(({ name }) => name));
  return (language) => {
    for (let end = language.length; end > 0; end = language.lastIndexOf('-', end - 1)) {
      const range = language.slice(0, end);
      if (refused.has(range)) return true;
      if (wanted.has(range)) return false;
    }
    return false;
  };
}

function finder(languages: readonly string[]): (range: string) => string | undefined {
  const spelled = new Map<string, string>();
  let longest = 0;
  for (const language of languages) {
    const lower = language.toLowerCase();
    if (!spelled.has(lower)) spelled.set(lower, language);
    longest = Math.max(longest, lower.length);
  }
  return (range) => {
    let end = range.length;
    // A range of a thousand subtags is not sliced a thousand times.
    while (end > longest) end = shortened(range, end);
    for (; end > 0; end = shortened(range, end)) {
      const language = spelled.get(range.slice(0, end));
      if (language !== undefined) return language;
    }
    return undefined;
  };
}

// The end of the range without its last subtag; a subtag of one character goes with what followed it (RFC 4647 3.4).
function shortened(range: string, end: number): number {
  const cut = range.lastIndexOf('-', end - 1);
  return cut === 1 || range[cut - 2] === '-' ? cut - 2 : cut;
}
