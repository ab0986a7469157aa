// Any remote tier, made to fail, wait, hang, lose and damage on purpose.
// Invariant: what it does wrong it does as a driver would: a call that hangs ends when the connection is reset or closed,
// and no rejection goes unhandled.
import type {
  FillGuard,
  RemoteFault,
  RemoteState,
  RemoteStore,
  RemoteTier,
  RemoteWrite,
  TierContext,
} from '../remote/remote-tier.ts';
import { Chaos, ChaosError } from './chaos.ts';
import type { ChaosOptions, ChaosStart } from './chaos.ts';

/** A tier in which things go wrong. */
export interface ChaosTier extends RemoteTier {
  /** Changes what goes wrong, from the next call on; what is not named stays.
   * @throws CATZ_TIERS_OPTION */
  set(options: ChaosOptions): void;
  /** Breaks or mends the connection: the state changes, and while it is broken each call fails at once. */
  disconnect(isDown: boolean): void;
  /** Calls that hang now. */
  readonly hanging: number;
  /** How often a new connection was asked for. */
  readonly resets: number;
}

/** Wraps a tier. Open it once.
 * @throws CATZ_TIERS_OPTION */
export function chaosTier(tier: RemoteTier, options?: ChaosStart): ChaosTier {
  const chaos = new Chaos(options);
  const connection: Connection = { isDown: false, resets: 0, tell: () => {} };
  const wrapped: ChaosTier = {
    kind: `chaos ${tier.kind}`,
    open: (context) => new ChaosStore(tier, context, chaos, connection),
    set: (changed) => chaos.set(changed),
    disconnect(isDown) {
      if (connection.isDown === isDown) return;
      connection.isDown = isDown;
      if (isDown) chaos.release();
      connection.tell();
    },
    get hanging() {
      return chaos.hanging;
    },
    get resets() {
      return connection.resets;
    },
  };
  if (tier.openBus !== undefined) wrapped.openBus = (deadline) => tier.openBus!(deadline);
  return wrapped;
}

interface Connection {
  isDown: boolean;
  resets: number;
  tell: () => void;
}

class ChaosStore implements RemoteStore {
  readonly #store: RemoteStore;
  readonly #chaos: Chaos;
  readonly #connection: Connection;

  constructor(tier: RemoteTier, context: TierContext, chaos: Chaos, connection: Connection) {
    const onState = (): void => context.onState(this.state);
    this.#chaos = chaos;
    this.#connection = connection;
    this.#store = tier.open({ ...context, onState });
    connection.tell = onState;
  }

  get state(): RemoteState {
    const { state } = this.#store;
    return this.#connection.isDown && state === 'ready' ? 'down' : state;
  }

  get backend(): string {
    return `chaos ${this.#store.backend}`;
  }

  get(ns: string, key: string): Promise<Buffer | undefined> {
    return this.#run('get', (store) => store.get(ns, key), nothing);
  }

  getMany(ns: string, keys: readonly string[]): Promise<(Buffer | undefined | Error)[]> {
    return this.#run(
      'getMany',
      (store) => store.getMany(ns, keys),
      () => keys.map(nothing),
    );
  }

  set(ns: string, write: RemoteWrite): Promise<void> {
    return this.#run('set', (store) => store.set(ns, write), nothing);
  }

  setMany(ns: string, writes: readonly RemoteWrite[]): Promise<(Error | undefined)[]> {
    return this.#run(
      'setMany',
      (store) => store.setMany(ns, writes),
      () => writes.map(nothing),
    );
  }

  fill(ns: string, write: RemoteWrite, guard: FillGuard): Promise<boolean> {
    return this.#run(
      'fill',
      (store) => store.fill(ns, write, guard),
      () => true,
    );
  }

  remove(
    ns: string,
    keys: readonly string[],
    tombstone: Uint8Array,
    ttl: number,
  ): Promise<(Error | undefined)[]> {
    return this.#run(
      'remove',
      (store) => store.remove(ns, keys, tombstone, ttl),
      () => keys.map(nothing),
    );
  }

  discard(ns: string, key: string, bytes: Uint8Array): Promise<void> {
    return this.#run('discard', (store) => store.discard(ns, key, bytes), nothing);
  }

  lock(ns: string, key: string, token: string, ttl: number): Promise<number | undefined> {
    return this.#run('lock', (store) => store.lock(ns, key, token, ttl), nothing);
  }

  extendLock(ns: string, key: string, token: string, ttl: number): Promise<boolean> {
    return this.#run(
      'extendLock',
      (store) => store.extendLock(ns, key, token, ttl),
      () => false,
    );
  }

  unlock(ns: string, key: string, token: string): Promise<void> {
    return this.#run('unlock', (store) => store.unlock(ns, key, token), nothing);
  }

  readEpochs(names: readonly string[]): Promise<(readonly [hard: number, soft: number])[]> {
    return this.#run(
      'readEpochs',
      (store) => store.readEpochs(names),
      () => names.map(() => [0, 0] as const),
    );
  }

  raiseEpochs(
    names: readonly string[],
    kind: 'hard' | 'soft',
    stamp: number,
    ttl: number,
  ): Promise<void> {
    return this.#run('raiseEpochs', (store) => store.raiseEpochs(names, kind, stamp, ttl), nothing);
  }

  async *scan(ns: string, prefix: string): AsyncGenerator<string[]> {
    for await (const page of this.#store.scan(ns, prefix)) {
      yield await this.#run(
        'scan',
        () => page,
        () => [],
      );
    }
  }

  sweep(ns: string, before: number): Promise<number> {
    return this.#run(
      'sweep',
      (store) => store.sweep(ns, before),
      () => 0,
    );
  }

  /** Dropped, it gives the time of this process. */
  time(): Promise<number> {
    return this.#run(
      'time',
      (store) => store.time(),
      () => Date.now(),
    );
  }

  ping(): Promise<void> {
    return this.#run('ping', (store) => store.ping(), nothing);
  }

  probeWrite(): Promise<void> {
    return this.#run('probeWrite', (store) => store.probeWrite(), nothing);
  }

  reset(): void {
    this.#connection.resets += 1;
    this.#chaos.release();
    this.#store.reset();
  }

  faultOf(error: unknown): RemoteFault {
    return error instanceof ChaosError ? error.fault : this.#store.faultOf(error);
  }

  async close(): Promise<void> {
    this.#chaos.release();
    await this.#store.close();
  }

  #run<T>(
    method: string,
    call: (store: RemoteStore) => T | Promise<T>,
    dropped: () => T,
  ): Promise<T> {
    const connected = (): RemoteStore => {
      if (this.#connection.isDown) throw new ChaosError('down', 'not connected, by chaos');
      return this.#store;
    };
    // Asked twice: a call that was made to wait may find the connection gone.
    return this.#connection.isDown
      ? Promise.reject(new ChaosError('down', 'not connected, by chaos'))
      : this.#chaos.run(method, () => call(connected()), dropped);
  }
}

function nothing(): undefined {
  return undefined;
}
