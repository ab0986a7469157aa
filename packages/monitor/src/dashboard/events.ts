// What happened lately: a ring of sentences, each with a number that grows.
// Invariant: bounded in memory and in work. Of a kind that comes in floods (an application that purges with every write), a
// few are told in each second and the others counted; the same sentence twice in a moment is one: each thread tells of Redis.
import type { EventRow } from './frame.ts';

const SIZE = 200;
/** Of one kind in one second. */
const AT_ONCE = 10;
const MAX_TEXT = 300;

/** What happens, before it has a time. */
export interface Happening {
  readonly kind: EventRow['kind'];
  readonly level: EventRow['level'];
  readonly text: string;
}

interface Flood {
  second: number;
  told: number;
  untold: number;
}

/** The last events of an application. */
export class Events {
  readonly #rows: { readonly seq: number; readonly row: EventRow }[] = [];
  readonly #floods = new Map<string, Flood>();
  readonly #now: () => number;
  readonly #told: ((row: EventRow) => void) | undefined;
  #seq = 0;

  /** @param told  called with each event that happened here; not with those of other threads
   * @param now   ms since the epoch */
  constructor(told?: (row: EventRow) => void, now: () => number = Date.now) {
    this.#told = told;
    this.#now = now;
  }

  /** Number of the last event; 0: there was none. */
  get last(): number {
    return this.#seq;
  }

  /** Tells of what happened here.
   * @param make  called only where the event is told */
  add(kind: EventRow['kind'], make: () => Omit<Happening, 'kind'>): void {
    const at = this.#now();
    const flood = this.#flood(kind, at);
    if (flood.told >= AT_ONCE) {
      flood.untold += 1;
      return;
    }
    flood.told += 1;
    const { level, text } = make();
    const row = { at, kind, level, text: cut(text) };
    if (this.#keep(row)) this.#told?.(row);
  }

  /** Keeps an event of another thread. */
  take(row: EventRow): void {
    this.#keep(row);
  }

  /** Tells what has been counted and not told, of seconds that are over. */
  settle(): void {
    for (const kind of this.#floods.keys()) this.#flood(kind, this.#now());
  }

  /** Events after one number, up to another, oldest first; from 0: all that are kept. */
  between(after: number, last: number): readonly EventRow[] {
    return this.#rows.filter(({ seq }) => seq > after && seq <= last).map(({ row }) => row);
  }

  // The count of the kind in this second. What went untold in an earlier one is told now.
  #flood(kind: string, at: number): Flood {
    const second = Math.floor(at / 1000);
    const known = this.#floods.get(kind);
    if (known?.second === second) return known;
    if (known !== undefined && known.untold > 0) {
      const text = `${known.untold} more of this kind in the same second`;
      const row: EventRow = { at: known.second * 1000 + 999, kind, level: 'info', text };
      if (this.#keep(row)) this.#told?.(row);
    }
    const fresh = { second, told: 0, untold: 0 };
    this.#floods.set(kind, fresh);
    return fresh;
  }

  #keep(row: EventRow): boolean {
    const isTwice = this.#rows
      .slice(-AT_ONCE)
      .some(
        ({ row: { at, kind, text } }) =>
          kind === row.kind && text === row.text && Math.abs(row.at - at) < 1000,
      );
    if (isTwice && row.kind !== 'purge' && row.kind !== 'action') return false;
    this.#rows.push({ seq: ++this.#seq, row });
    if (this.#rows.length > SIZE) this.#rows.shift();
    return true;
  }
}

/** A text that a stranger may have made long. */
export function cut(text: string, length: number = MAX_TEXT): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
