// Tells as events what is another than it was at the last look: health, and the threads of the process.
// Invariant: the first look tells nothing: it is where things stand.
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Events } from './events.ts';
import type { EventRow, Frame } from './frame.ts';

type Level = EventRow['level'];

const LEVELS: Readonly<Record<string, Level>> = {
  ok: 'info',
  ready: 'info',
  starting: 'info',
  pending: 'info',
  failed: 'error',
  failing: 'error',
};

/** Compares looks. */
export class Changes {
  readonly #events: Events;
  #states: ReadonlyMap<string, string> | undefined;
  #threads: { readonly threads: number; readonly silent: number } | undefined;

  constructor(events: Events) {
    this.#events = events;
  }

  /** Looks. */
  see({ process }: Snapshot, { state, parts }: Frame['health']): void {
    const states = new Map([['the application', state]]);
    const reasons = new Map<string, string | null>();
    for (const part of parts) {
      states.set(part.name, part.state);
      reasons.set(part.name, part.reason);
    }
    if (this.#states !== undefined) this.#tellHealth(this.#states, states, reasons);
    if (this.#threads !== undefined) this.#tellThreads(this.#threads, process);
    this.#states = states;
    this.#threads = { threads: process.threads, silent: process.silent };
  }

  #tellHealth(
    before: ReadonlyMap<string, string>,
    now: ReadonlyMap<string, string>,
    reasons: ReadonlyMap<string, string | null>,
  ): void {
    for (const [name, state] of now) {
      const was = before.get(name);
      if (was === undefined || was === state) continue;
      const reason = reasons.get(name) ?? null;
      const text = `${name} is ${state}${reason === null ? '' : `: ${reason}`}`;
      this.#events.add('health', () => ({ level: LEVELS[state] ?? 'warn', text }));
    }
  }

  #tellThreads(
    before: { readonly threads: number; readonly silent: number },
    { threads, silent }: Snapshot['process'],
  ): void {
    if (threads !== before.threads) {
      const what = threads > before.threads ? 'joined' : 'left';
      const text = `a thread has ${what}: ${threads} now`;
      this.#events.add('thread', () => ({ level: 'info', text }));
    }
    if (silent !== before.silent) {
      const text =
        silent === 0 ? 'every thread answers again' : `${silent} of ${threads} give no answer`;
      this.#events.add('thread', () => ({ level: silent === 0 ? 'info' : 'warn', text }));
    }
  }
}
