// Appends messages within a deadline, and never waits for a server that is known to be away.
// Invariant: append() settles within the deadline; what is still unanswered then counts against `maxInFlight` until the
// driver has let go of it, so a server that hangs cannot make us keep more than that.
import { errors } from '../errors.ts';
import { handled } from '../handled.ts';
import { connectRedis } from '../redis/connection.ts';
import type { RedisConnection, RedisState } from '../redis/connection.ts';
import type { Tally } from '../tally.ts';
import type { StreamSettings } from './options.ts';
import { LateError, within } from './within.ts';

/** ms without any answer, or three deadlines if that is longer, after which the connection is made anew. */
const SILENCE = 1_000;

export class Appender {
  readonly connection: RedisConnection;
  readonly #settings: StreamSettings;
  readonly #tally: Tally;
  readonly #waiting = new Set<() => void>();
  #inFlight = 0;
  /** When the first append was sent that no answer has followed. */
  #silentSince: number | undefined;
  #wasReady = false;
  #lastError: string | undefined;

  constructor(settings: StreamSettings, tally: Tally, onChange: () => void) {
    this.#settings = settings;
    this.#tally = tally;
    this.connection = connectRedis(settings.redis, {
      role: 'commands',
      who: 'streamBus',
      onState: (state) => {
        this.#changed(state);
        onChange();
      },
    });
  }

  get lastError(): string | undefined {
    return this.connection.lastError ?? this.#lastError;
  }

  /** @throws (rejects) CATZ_BUS_UNAVAILABLE */
  async append(topic: string, key: string, bytes: Buffer): Promise<string> {
    const { maxLen, deadline, maxInFlight } = this.#settings;
    const end = performance.now() + deadline;
    try {
      if (this.#inFlight >= maxInFlight) throw new Error(`${maxInFlight} appends are under way`);
      // At the start a connection may be there in no time; a server that is down is not waited for.
      if (this.connection.state === 'connecting') await within(this.#settled(), deadline);
      this.#inFlight++;
      const reply = this.connection.call('XADD', key, 'MAXLEN', '~', maxLen, '*', 'm', bytes);
      this.#silentSince ??= performance.now();
      void handled(
        reply.finally(() => {
          this.#inFlight--;
          this.#silentSince = undefined;
        }),
      );
      const position = String(await within(reply, Math.max(1, end - performance.now()), deadline));
      this.#lastError = undefined;
      this.#tally.appended++;
      return position;
    } catch (cause) {
      this.#failed(cause as Error);
      throw new errors.UNAVAILABLE(topic, (cause as Error).message, { cause });
    }
  }

  close(): Promise<void> {
    this.#release();
    return this.connection.close();
  }

  #failed(error: Error): void {
    this.#tally.failures++;
    this.#lastError = error.message;
    if (!(error instanceof LateError) || this.#silentSince === undefined) return;
    const silence = performance.now() - this.#silentSince;
    if (silence < Math.max(SILENCE, 3 * this.#settings.deadline)) return;
    this.#silentSince = undefined;
    this.connection.reset();
  }

  #changed(state: RedisState): void {
    if (state === 'ready') {
      if (this.#wasReady) this.#tally.reconnects++;
      this.#wasReady = true;
    }
    this.#release();
  }

  #settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
    });
  }

  #release(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
