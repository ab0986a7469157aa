// Options of the metrics, and their check.
import { bool, checkOptions, int, string } from '@catzilla/common';
import type { OptionSpec } from '@catzilla/common';
import { guardSpec } from '../guard.ts';
import type { Guard } from '../guard.ts';
import { partSpec } from '../part-spec.ts';

/** Options of the metrics. */
export interface MetricsOptions {
  /** Where they are read. Default: '/metrics'. */
  readonly path?: string | undefined;
  /** Refuses strangers. Default: none; in production they are then read from this machine alone. */
  readonly guard?: Guard | undefined;
  /** Whether everybody may read them in production without a guard: where the network lets in nobody else. Default: false. */
  readonly public?: boolean | undefined;
  /** Series of one metric, a histogram being one; what is beyond is counted as `other`. Default: 1000. */
  readonly maxSeries?: number | undefined;
  /** Whether figures of the process are among them: CPU, memory, event loop, garbage collection. Default: true. */
  readonly defaultMetrics?: boolean | undefined;
}

/** The options, complete. */
export interface CheckedMetrics {
  readonly path: string;
  readonly guard: Guard | undefined;
  readonly public: boolean;
  readonly maxSeries: number;
  readonly defaultMetrics: boolean;
}

/** Of the option `metrics`: on by default. */
export const metricsSpec: OptionSpec<CheckedMetrics | false> = partSpec(true, (value, site) =>
  checkOptions<CheckedMetrics>(
    value,
    {
      path: string({ pattern: /^\/./, what: 'a path that begins with /', default: '/metrics' }),
      guard: guardSpec,
      public: bool(false),
      maxSeries: int({ min: 1, default: 1000 }),
      defaultMetrics: bool(true),
    },
    site,
  ),
);

/** Where there is no route. */
export const metricsDefaults: Pick<CheckedMetrics, 'maxSeries' | 'defaultMetrics'> = Object.freeze({
  maxSeries: 1000,
  defaultMetrics: true,
});
