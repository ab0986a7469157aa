// Public API of @catzilla/tasks.
export { defineTask } from './define/define-task.ts';
export type {
  AnyTask,
  ConcurrencyRange,
  JsonSchemaTaskDefinition,
  KeepOptions,
  RateLimit,
  RetryOptions,
  ScheduleOptions,
  ScheduleTiming,
  Task,
  TaskDefinition,
} from './define/types.ts';
export type { JsonOf } from './define/json.ts';
export type { Priority, PriorityClass } from './define/priority.ts';
export type {
  CancelOutcome,
  ChildResult,
  Enqueue,
  EnqueueOptions,
  JobState,
  Logger,
  ResultOptions,
  TaskContext,
  TaskHandle,
  TaskMeta,
  TaskScope,
} from './define/context.ts';
export type { PayloadError, PayloadIssue, Validate } from './define/validate.ts';
export { createTasks } from './tasks.ts';
export type { Tasks } from './tasks.ts';
export type { AgingOptions, TasksOptions } from './tasks-options.ts';
export type { BackendKind, TaskBackend } from './client/bullmq.ts';
export type { Prepared } from './client/enqueue.ts';
export type { FlowHandle, FlowNode, FlowOf, OnChildFailure } from './client/flow.ts';
export type { ScheduleInfo } from './client/schedule.ts';
export type { DeadFilter, DeadLetter, DeadLetters } from './client/dead.ts';
export type { DrainOptions, DrainReport, RunInScope, ThreadMeta } from './runner/types.ts';
export { taskEventNames } from './monitor/events.ts';
export type { TaskEventMap, TaskEventName, TaskEvents, TaskListener } from './monitor/events.ts';
export type {
  Concurrency,
  DurationStats,
  JobCounts,
  QueueStats,
  StoreStats,
  TasksHealth,
  TasksStats,
  TaskStats,
  TaskTotals,
} from './monitor/types.ts';
export { prometheusContentType } from './monitor/prometheus.ts';
export { bullBoard } from './monitor/bull-board.ts';
export { tasks, tasks as default } from './fastify/plugin.ts';
export type { TasksPluginOptions } from './fastify/plugin.ts';
export type { RequestEnqueue, RequestEnqueueOptions } from './fastify/request-enqueue.ts';
export type { HeldEnqueue, When } from './fastify/held.ts';
export { errors } from './errors.ts';
