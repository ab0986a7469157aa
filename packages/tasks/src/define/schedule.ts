// The check of schedules: those of defineTask(), and those of schedule().
// Invariant: a schedule that comes out has a key, and exactly one of cron and every. Whether cron-parser accepts the pattern is
// found out by the backend when the schedule is registered.
import { checkOptions, custom, duration, int, oneOf, optional, string } from '@catzilla/common';
import type { OptionContext, OptionSpec } from '@catzilla/common';
import type { ScheduleSettings } from './types.ts';

/** Checks one schedule or a list of them. */
export function checkSchedules(
  given: unknown,
  context: OptionContext,
  task: string,
): readonly ScheduleSettings[] {
  if (given === undefined) return [];
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const checked = list.map((each, at) =>
    checkSchedule(
      each,
      { ...context, path: list.length > 1 ? `${context.path}[${at}]` : context.path },
      task,
    ),
  );
  const keys = new Set(checked.map(({ key }) => key));
  if (keys.size < checked.length) {
    throw context.error(`expected each schedule of task ${task} to have a key of its own`);
  }
  return Object.freeze(checked);
}

/** Checks one schedule.
 * @param task  its name, which is the default of `key` */
export function checkSchedule(
  given: unknown,
  context: OptionContext,
  task: string,
): ScheduleSettings {
  const settings = checkOptions<ScheduleSettings>(
    given,
    {
      key: string({
        maxLength: 256,
        pattern: /^[^:]+$/,
        what: 'a text of 1 to 256 characters without :',
        default: task,
      }),
      payload: { check: (value: unknown) => value },
      cron: optional(string({ maxLength: 256 })),
      every: optional(duration({ min: 1 })),
      tz: custom('an IANA time zone', isTimeZone, 'UTC'),
      jitter: duration({ allowZero: true, default: 0 }),
      overlap: oneOf(['skip', 'queue', 'allow'], 'skip'),
      missed: oneOf(['one', 'skip'], 'one'),
      limit: optional(int({ min: 1 })),
      startDate: optional(timeSpec),
      endDate: optional(timeSpec),
    },
    context,
  );
  const { cron, every, startDate, endDate } = settings;
  if ((cron === undefined) === (every === undefined)) {
    throw context.error(
      `expected exactly one of cron and every in ${context.path} of task ${task}`,
    );
  }
  if (startDate !== undefined && endDate !== undefined && endDate <= startDate) {
    throw context.error(`expected ${context.path}.endDate to be after startDate (task ${task})`);
  }
  return settings;
}

const timeSpec: OptionSpec<number> = {
  check(value, site) {
    const ms = value instanceof Date ? value.getTime() : value;
    return custom(
      'a Date, or a time in epoch ms',
      (time): time is number => typeof time === 'number' && Number.isFinite(time) && time >= 0,
    ).check(ms, site);
  },
};

function isTimeZone(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).format(0) !== '';
  } catch {
    return false; // RangeError: there is no such zone
  }
}
