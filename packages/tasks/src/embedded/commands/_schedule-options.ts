// What a schedule and its jobs are made from, as JSON: it stands in the log.
import type { Json } from '../engine/command.ts';

/** BullMQ's RepeatableOptions, and what they were made from. All times in ms. */
export type ScheduleOptions = {
  readonly name: string;
  readonly every?: number | null | undefined;
  readonly pattern?: string | null | undefined;
  readonly tz?: string | null | undefined;
  readonly limit?: number | null | undefined;
  readonly startDate?: number | null | undefined;
  readonly endDate?: number | null | undefined;
  readonly offset?: number | null | undefined;
};

/** BullMQ's JobsOptions. */
export type JobOptionsJson = { readonly [key: string]: Json };
