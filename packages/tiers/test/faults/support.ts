// What the tests of guards share: a tier whose answers the test decides, and proof that nothing was left unhandled.
import { afterEach, beforeEach, expect } from 'vitest';
import { createGuard } from '../../src/faults/create-guard.ts';
import type { Guard, GuardOptions } from '../../src/faults/guard.ts';
import type { RemoteFault } from '../../src/remote/remote-tier.ts';

/** An error that says which kind of failure it is. */
export class Fault extends Error {
  readonly kind: RemoteFault;

  constructor(kind: RemoteFault, message: string = kind) {
    super(message);
    this.kind = kind;
  }
}

export interface Probes {
  pings: number;
  writes: number;
  resets: number;
  changes: number;
  ping: () => Promise<void>;
  write: () => Promise<void>;
}

/** A guard over scripted probes. */
export function guarded(options: Partial<GuardOptions> = {}): { guard: Guard; probes: Probes } {
  const probes: Probes = {
    pings: 0,
    writes: 0,
    resets: 0,
    changes: 0,
    ping: () => Promise.resolve(),
    write: () => Promise.resolve(),
  };
  const guard = createGuard({
    faultOf: (error) => (error instanceof Fault ? error.kind : 'down'),
    ping: () => {
      probes.pings += 1;
      return probes.ping();
    },
    probeWrite: () => {
      probes.writes += 1;
      return probes.write();
    },
    reset: () => {
      probes.resets += 1;
    },
    mono: () => performance.now(),
    now: () => Date.now(),
    onChange: () => {
      probes.changes += 1;
    },
    random: () => 0,
    ...options,
  });
  return { guard, probes };
}

export const ok = (): Promise<string> => Promise.resolve('value');
export const hangs = (): Promise<never> => new Promise(() => {});
export const fails = (kind: RemoteFault, message?: string): (() => Promise<never>) => {
  return () => Promise.reject(new Fault(kind, message));
};

/** Fails the test file's tests in which a rejection went unhandled. */
export function expectNoUnhandled(): void {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', note);
  });
  afterEach(async () => {
    // Node reports them after the microtasks of the turn in which they were rejected.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
}
