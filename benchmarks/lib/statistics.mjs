// Order statistics of a handful of samples. Medians, because one disturbed round must not move a figure.

/** The value at fraction `q` (0 to 1) of the sorted samples, linearly interpolated. */
export function quantile(samples, q) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

export function median(samples) {
  return quantile(samples, 0.5);
}

/** Median and spread of the samples, which stay in round order. */
export function summarize(samples) {
  return {
    median: median(samples),
    min: Math.min(...samples),
    q1: quantile(samples, 0.25),
    q3: quantile(samples, 0.75),
    max: Math.max(...samples),
    samples,
  };
}
