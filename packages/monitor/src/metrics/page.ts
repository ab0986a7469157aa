// The page of metrics: ours of all threads, and behind them the user's own.
// Invariant: no name stands there twice; where the user's registry has one of ours, the user's stands. Nothing waits for a collect
// function of the user's that hangs: what it said last stands.
import { familiesOf } from './families.ts';
import { InTime } from '../read/in-time.ts';
import type { CheckedMetrics } from './options.ts';
import type { OwnRegistry } from './own-registry.ts';
import { joinShown, SeriesLimit } from './series-limit.ts';
import type { Shown } from './series-limit.ts';
import { renderText } from './text.ts';
import type { FullSnapshot, SnapshotSource } from '../snapshot/take.ts';

/** What the page of each thread has to know of the others. */
interface Extra {
  readonly own: unknown;
  readonly shown: Shown;
}

/** What a page is made with. */
export interface PageParts {
  readonly source: SnapshotSource;
  readonly own: OwnRegistry;
  readonly settings: Pick<CheckedMetrics, 'maxSeries' | 'defaultMetrics'>;
  /** Told what goes wrong. */
  readonly warn: (details: object, message: string) => void;
}

/** How long the user's own metrics may take, ms: for a page of this thread, and where another waits for what this one tells. */
const PATIENCE = 1000;
const FOR_OTHERS = 150;

/** Makes the pages of an application. */
export class MetricsPage {
  readonly #parts: PageParts;
  readonly #limit: SeriesLimit;
  readonly #text = new InTime<string>(PATIENCE);
  readonly #told = new InTime<unknown>(FOR_OTHERS);

  constructor(parts: PageParts) {
    const { settings, source, warn } = parts;
    this.#parts = parts;
    this.#limit = new SeriesLimit(settings.maxSeries, (metric) => {
      warn(
        { metric, maxSeries: settings.maxSeries },
        'a metric has too many series: the rest is counted as other',
      );
    });
    source.extra = () => this.#extra();
    source.addExtras = (sum, extra) =>
      this.#join(sum as Extra | undefined, extra as Extra | undefined);
  }

  /** A page, as it is now. */
  async render(): Promise<string> {
    const full = await this.#parts.source.takeWith();
    const own = await this.#ownText(full);
    const taken = namesIn(own);
    for (const extra of [...full.serving, ...full.gone])
      this.#limit.adopt((extra as Extra | undefined)?.shown ?? {});
    const families = familiesOf(full.snapshot, this.#parts.settings)
      .filter(({ name }) => !taken.has(name))
      .map((family) => this.#limit.bound(family));
    return renderText(families) + own;
  }

  async #extra(): Promise<Extra> {
    const { own } = this.#parts;
    const told = await this.#told.ask(() => own.tell(), this.#failed);
    return { own: told, shown: this.#limit.shown() };
  }

  #join(sum: Extra | undefined, extra: Extra | undefined): Extra | undefined {
    if (extra === undefined) return sum;
    const shown = joinShown(sum?.shown ?? {}, extra.shown, this.#parts.settings.maxSeries);
    try {
      return { own: this.#parts.own.join(sum?.own, extra.own), shown };
    } catch (error) {
      this.#failed(error);
      return { own: sum?.own, shown };
    }
  }

  async #ownText({ serving, gone }: FullSnapshot): Promise<string> {
    const told = (extras: readonly unknown[]): readonly unknown[] =>
      extras.map((extra) => (extra as Extra | undefined)?.own);
    const read = () => this.#parts.own.text(told(serving), told(gone));
    const text = await this.#text.ask(read, this.#failed);
    if (this.#text.isLate) {
      this.#parts.warn({ ms: PATIENCE }, "the application's own metrics gave no answer in time");
    }
    return text === undefined || text === '' || text.endsWith('\n') ? (text ?? '') : `${text}\n`;
  }

  // A collect function of the user's may throw.
  readonly #failed = (error: unknown): undefined => {
    this.#parts.warn({ err: error }, "the application's own metrics could not be read");
    return undefined;
  };
}

function namesIn(text: string): ReadonlySet<string> {
  return new Set(Array.from(text.matchAll(/^# TYPE (\S+) /gm), (match) => match[1]!));
}
