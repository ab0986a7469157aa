// Seeded randomness, so that two runs and two competitors see the same keys in the same order.

/** mulberry32 (Tommy Ettinger, public domain): a function giving floats in [0, 1). */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `length` indices below `count`, uniformly drawn. */
export function uniformOrder(length, count, seed) {
  const random = seeded(seed);
  return Uint32Array.from({ length }, () => Math.floor(random() * count));
}

/**
 * A Zipf source over ranks 0 to count - 1: rank r is drawn with weight 1 / (r + 1)^skew, by inversion of the
 * cumulated weights. Ranks are scattered over the ids by a seeded shuffle, so that neighbours are unrelated.
 */
export function zipfSource(count, skew, seed) {
  const random = seeded(seed);
  const ids = shuffledIds(count, random);
  const nextRank = zipfRanks(count, skew, random);
  return () => ids[nextRank()];
}

/** Zipf ranks alone, 0 the most popular: what `zipfSource` scatters. */
export function zipfRanks(count, skew, random) {
  const cumulated = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) cumulated[rank] = sum += (rank + 1) ** -skew;
  return () => {
    const target = random() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulated[middle] < target) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** The ids 0 to count - 1 in a random order. */
export function shuffledIds(count, random) {
  const ids = Uint32Array.from({ length: count }, (_, id) => id);
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    const id = ids[at];
    ids[at] = ids[other];
    ids[other] = id;
  }
  return ids;
}
