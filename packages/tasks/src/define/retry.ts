// The check of `retry`, of a task and of a single enqueue.
import { checkOptions, duration, fn, int, number, oneOf, optional } from '@catzilla/common';
import type { OptionSite, OptionSpec, OptionSpecs } from '@catzilla/common';
import type { RetrySettings } from './types.ts';

const DEFAULTS: RetrySettings = Object.freeze({
  attempts: 3,
  backoff: 'exponential',
  delay: 1_000,
  maxDelay: 300_000,
  jitter: 0.2,
  when: undefined,
});

/** `retry` of a task: false is one attempt. */
export const retrySpec: OptionSpec<RetrySettings> = {
  check: (value, site) =>
    check(
      value,
      { ...numbersOf(DEFAULTS), when: optional(fn<(error: unknown) => boolean>()) },
      site,
    ),
};

/** Checks `retry` of one enqueue, which says nothing of which errors are worth another attempt.
 * @param base  what is taken for options that are left out */
export function checkRetry(value: unknown, base: RetrySettings, site: OptionSite): RetrySettings {
  return Object.freeze({ ...check(value, numbersOf(base), site), when: base.when });
}

type Numbers = Omit<RetrySettings, 'when'>;

function check<T extends Numbers>(
  value: unknown,
  specs: OptionSpecs<T>,
  site: OptionSite,
): Readonly<T> {
  const given = value === false ? { attempts: 1 } : value;
  return checkOptions<T>(given, specs, { ...site, or: 'false' });
}

function numbersOf(base: Numbers): OptionSpecs<Numbers> {
  return {
    attempts: int({ min: 1, max: 1_000_000, default: base.attempts }),
    backoff: oneOf(['fixed', 'exponential'], base.backoff),
    delay: duration({ allowZero: true, default: base.delay }),
    maxDelay: duration({ allowZero: true, default: base.maxDelay }),
    jitter: number({ min: 0, max: 1, default: base.jitter }),
  };
}
