// At most so many series of one metric: what is beyond is counted under `other`, and a warning is given once.
// Invariant: a series that was shown stays, and what is `other` stays that, so no counter goes down. Who answers next may be
// another thread: it takes over what this one has shown.
import { addDurations } from '../http/buckets.ts';
import { labelText } from './family.ts';
import type { Family, Labels, Sample } from './family.ts';

/** What a thread has shown of families that are no longer small. */
export type Shown = Readonly<Record<string, readonly string[]>>;

/** What two threads have shown, as far as one may.
 * @param max  series of one metric */
export function joinShown(a: Shown, b: Shown, max: number): Shown {
  const joined: Record<string, readonly string[]> = { ...a };
  for (const [name, shown] of Object.entries(b)) {
    joined[name] = [...new Set([...(a[name] ?? []), ...shown])].slice(0, max);
  }
  return joined;
}

/** In place of the values of labels. */
const OTHER = 'other';

/** Bounds families. */
export class SeriesLimit {
  readonly #max: number;
  readonly #warn: (metric: string) => void;
  readonly #shown = new Map<string, Set<string>>();
  /** What was shown last of families that are small. */
  readonly #small = new Map<string, readonly Sample[]>();
  #hasWarned = false;

  /** @param max   series of one metric; a histogram counts as one
   * @param warn  told of the first metric that has more */
  constructor(max: number, warn: (metric: string) => void) {
    this.#max = max;
    this.#warn = warn;
  }

  /** The family, with the rest under `other`. */
  bound(family: Family): Family {
    const { samples, name } = family;
    // Few are not looked at before they are many.
    if (samples.length <= this.#max / 2 && !this.#shown.has(name)) {
      this.#small.set(name, samples);
      return family;
    }
    const shown = this.#shownOf(name);
    const kept: Sample[] = [];
    const rest = new Map<string, Sample>();
    for (const sample of samples) {
      const text = textOf(sample);
      if (shown.has(text) || shown.size < this.#max) {
        shown.add(text);
        kept.push(sample);
      } else addTo(rest, otherOf(sample.labels, family.few), sample);
    }
    if (rest.size === 0) return family;
    this.#tell(name);
    return { ...family, samples: [...kept, ...rest.values()] };
  }

  /** What was shown, for other threads. */
  shown(): Shown {
    return Object.fromEntries(Array.from(this.#shown, ([name, shown]) => [name, [...shown]]));
  }

  /** Takes over what another thread has shown. */
  adopt(others: Shown): void {
    for (const [name, theirs] of Object.entries(others)) {
      const shown = this.#shownOf(name);
      for (const text of theirs) if (shown.size < this.#max) shown.add(text);
    }
  }

  #shownOf(name: string): Set<string> {
    let shown = this.#shown.get(name);
    if (shown === undefined) {
      shown = new Set(this.#small.get(name)?.map(textOf));
      this.#small.delete(name);
      this.#shown.set(name, shown);
    }
    return shown;
  }

  #tell(name: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#warn(name);
  }
}

function textOf({ labels, text = labelText(labels) }: Sample): string {
  return text;
}

function otherOf(labels: Labels, few: readonly string[] = []): Labels {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [name, few.includes(name) ? value : OTHER]),
  );
}

function addTo(rest: Map<string, Sample>, labels: Labels, { value, durations }: Sample): void {
  const key = labelText(labels);
  const sum = rest.get(key);
  rest.set(key, {
    labels,
    value: (sum?.value ?? 0) + value,
    ...(durations !== undefined && {
      durations: sum?.durations === undefined ? durations : addDurations(sum.durations, durations),
    }),
  });
}
