// Random numbers that a seed repeats: xorshift (Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8, 2003).

/** @returns {(below: number) => number} gives integers from 0 to below - 1 */
export function makeRandom(seed) {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x2545f491) | 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  for (let i = 0; i < 8; i++) next(); // neighbouring seeds begin alike
  return (below) => next() % below;
}

/** One of the names of a table of weights.
 * @param {Readonly<Record<string, number>>} weights  integers */
export function pick(weights, random) {
  const entries = Object.entries(weights);
  let left = random(entries.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [name, weight] of entries) {
    if (left < weight) return name;
    left -= weight;
  }
  throw new RangeError('weights are integers above 0');
}
