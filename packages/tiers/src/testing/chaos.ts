// Decides what goes wrong with a call, by chances and a seed: the same seed and the same calls go wrong in the same way.
// Invariant: each call draws the same number of random numbers, so that changing one chance leaves the others' outcomes as
// they were. What is done to a tier, a disk or a bus is theirs: chaos-tier.ts, chaos-disk.ts, chaos-bus.ts.
import {
  checkOptions,
  custom,
  duration,
  int,
  list,
  oneOf,
  optional,
  string,
} from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { RemoteFault } from '../remote/remote-tier.ts';

/** A share of calls, 0 to 1; true: all, false: none. */
export type Chance = number | boolean;

/** What goes wrong. Each can be changed at any time by `set`. */
export interface ChaosOptions {
  /** Calls that fail. Default: false. */
  readonly fail?: Chance | undefined;
  /** ms that each call takes longer. Default: 0. */
  readonly delay?: number | undefined;
  /** Calls that are never answered, until the connection is reset or closed. Default: false. */
  readonly hang?: Chance | undefined;
  /** Writes that are confirmed and not done, and reads that find nothing. Default: false. */
  readonly drop?: Chance | undefined;
  /** Values read with one bit changed. Default: false. */
  readonly corrupt?: Chance | undefined;
  /** Which kind of failure `fail` is. Default: 'down'. */
  readonly fault?: RemoteFault | undefined;
  /** Names of the methods that it is done to. Default: all that can fail. */
  readonly methods?: readonly string[] | undefined;
}

/** Options when it is made. */
export interface ChaosStart extends ChaosOptions {
  /** Of the random numbers: an integer from 1 to 2^31 - 1. Default: 1. */
  readonly seed?: number | undefined;
}

/** The error of a call that chaos made fail. */
export class ChaosError extends Error {
  readonly fault: RemoteFault;

  constructor(fault: RemoteFault, message: string) {
    super(message);
    this.name = 'ChaosError';
    this.fault = fault;
  }
}

/** What happens to one call. */
interface Fate {
  readonly fails: boolean;
  readonly hangs: boolean;
  readonly drops: boolean;
  /** 0 to below 1, which bit; undefined: none. */
  readonly corrupts: number | undefined;
}

type Settings = { -readonly [K in keyof ChaosOptions]-?: Exclude<ChaosOptions[K], undefined> };

const chance = () =>
  optional(
    custom(
      'a share from 0 to 1, true or false',
      (value): value is Chance =>
        typeof value === 'boolean' || (typeof value === 'number' && value >= 0 && value <= 1),
    ),
  );

const specs: OptionSpecs<ChaosStart> = {
  fail: chance(),
  delay: optional(duration({ allowZero: true })),
  hang: chance(),
  drop: chance(),
  corrupt: chance(),
  fault: optional(oneOf(['down', 'write', 'misconfigured', 'request'])),
  methods: optional(list(string())),
  seed: optional(int({ min: 1, max: 2 ** 31 - 1 })),
};

/** Spreads small seeds: the first numbers of 1, 2 and 3 would all be next to 0. Odd, so that no two seeds meet. */
const SPREAD = 0x9e3779b1;

const SAFE: Fate = Object.freeze({ fails: false, hangs: false, drops: false, corrupts: undefined });

/** Chances, random numbers, and the calls that hang. */
export class Chaos {
  readonly #settings: Settings = {
    fail: false,
    delay: 0,
    hang: false,
    drop: false,
    corrupt: false,
    fault: 'down',
    methods: [],
  };
  #random: number;
  readonly #hanging = new Set<(error: Error) => void>();

  /** @throws CATZ_TIERS_OPTION */
  constructor(options: ChaosStart | undefined) {
    const { seed, ...rest } = check(options);
    this.#random = Math.imul(seed ?? 1, SPREAD) || 1;
    this.#apply(rest);
  }

  /** Calls that hang now. */
  get hanging(): number {
    return this.#hanging.size;
  }

  /** Changes what is named, and leaves the rest as it is.
   * @throws CATZ_TIERS_OPTION, for `seed` too */
  set(options: ChaosOptions): void {
    const { seed, ...rest } = check(options);
    if (seed !== undefined) throw new errors.OPTION('expected options.seed only where it is made');
    this.#apply(rest);
  }

  /** The error of a call that fails. */
  error(method: string): ChaosError {
    return new ChaosError(this.#settings.fault, `${method} failed by chaos`);
  }

  /** Runs a call: as it is, later, wrong or never. Never throws.
   * @param call     does it
   * @param dropped  what a call gives that is confirmed and not done */
  async run<T>(method: string, call: () => T | Promise<T>, dropped: () => T): Promise<T> {
    return this.runNow(method, call, dropped);
  }

  /** The same, within the call where nothing makes it wait. */
  runNow<T>(method: string, call: () => T | Promise<T>, dropped: () => T): T | Promise<T> {
    const { fails, hangs, drops, corrupts } = this.#fate(method);
    if (hangs) return this.#hang();
    const act = (): T | Promise<T> => {
      if (fails) throw this.error(method);
      if (drops) return dropped();
      const result = call();
      if (corrupts === undefined) return result;
      if (result instanceof Promise) return result.then((value) => damaged(value, corrupts) as T);
      return damaged(result, corrupts) as T;
    };
    const delay = this.delayOf(method);
    return delay > 0 ? later(delay).then(act) : act();
  }

  /** ms that calls of a method take longer. */
  delayOf(method: string): number {
    return this.#concerns(method) ? this.#settings.delay : 0;
  }

  /** Draws whether a message is lost, for what can do nothing but come or not come. */
  loses(method: string): boolean {
    const { fails, drops } = this.#fate(method);
    return fails || drops;
  }

  /** Ends the calls that hang, as a connection does that breaks. */
  release(): void {
    const hanging = [...this.#hanging];
    this.#hanging.clear();
    for (const reject of hanging) reject(new ChaosError('down', 'connection lost by chaos'));
  }

  #concerns(method: string): boolean {
    const { methods } = this.#settings;
    return methods.length === 0 || methods.includes(method);
  }

  /** Draws what happens to a call. */
  #fate(method: string): Fate {
    const { fail, hang, drop, corrupt } = this.#settings;
    const fails = this.#draw() < Number(fail);
    const hangs = this.#draw() < Number(hang);
    const drops = this.#draw() < Number(drop);
    const corrupts = this.#draw() < Number(corrupt);
    const bit = this.#draw();
    if (!this.#concerns(method)) return SAFE;
    return { fails, hangs, drops, corrupts: corrupts ? bit : undefined };
  }

  #hang<T>(): Promise<T> {
    return new Promise((_resolve, reject) => this.#hanging.add(reject));
  }

  #apply(options: ChaosOptions): void {
    for (const [name, value] of Object.entries(options)) {
      if (value !== undefined) Object.assign(this.#settings, { [name]: value });
    }
  }

  // Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003): the triple 13, 17, 5.
  #draw(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return (x >>> 0) / 2 ** 32;
  }
}

function check(options: unknown): ChaosStart {
  return checkOptions<ChaosStart>(options, specs, {
    path: 'options',
    error: (message) => new errors.OPTION(message),
  });
}

/** Changes one bit of the bytes in a result, of the first bytes in a list. */
function damaged(result: unknown, share: number): unknown {
  if (Buffer.isBuffer(result) && result.length > 0) {
    const bytes = Buffer.from(result);
    const bit = Math.floor(share * bytes.length * 8);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    return bytes;
  }
  if (!Array.isArray(result)) return result;
  const at = result.findIndex((each) => Buffer.isBuffer(each) && each.length > 0);
  return result.map((each, i) => (i === at ? damaged(each, share) : each));
}

/** Waits, in ms. */
export function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
