// Seeded randomness: one seed gives one sequence, on every platform and in every run.

/** A source of random choices. */
export interface Random {
  /** An integer from 0 to `below` - 1. */
  int(below: number): number;
  /** True once in `times` on average. */
  once(times: number): boolean;
  pick<T>(from: readonly T[]): T;
}

/** Starts a sequence. Mulberry32 (T. Ettinger): 32 bits of state, plenty for choosing among a few things. */
export function randomFrom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number): number => Math.floor(next() * below);
  return {
    int,
    once: (times) => int(times) === 0,
    pick: (from) => from[int(from.length)]!,
  };
}
