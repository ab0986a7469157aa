// Every error that @catzilla/tasks throws or rejects with, CATZ_TASKS_*; those of a job that failed for good stand in its failedReason too.
import { defineErrors } from '@catzilla/common';
import type { ErrorTable } from '@catzilla/common';

/** The keys of all errors. */
export type ErrorKey =
  | 'ABANDONED'
  | 'BACKEND_UNAVAILABLE'
  | 'CANCELLED'
  | 'CLOSING'
  | 'DUPLICATE_TASK'
  | 'FAILED'
  | 'LOCKED'
  | 'LOG_CORRUPT'
  | 'OPTIONS'
  | 'PAYLOAD'
  | 'PRIORITY'
  | 'QUEUE_FULL'
  | 'STORAGE_FAILED'
  | 'STORAGE_FULL'
  | 'TIMEOUT'
  | 'UNKNOWN_JOB'
  | 'UNKNOWN_TASK'
  | 'UNSUPPORTED';

export const errors: ErrorTable<'CATZ_TASKS', ErrorKey> = defineErrors('CATZ_TASKS', {
  ABANDONED: {
    message: 'the handler of task %s ignored its abort for %s ms',
    help: 'Pass `signal` of the context to what the handler waits for, or run CPU-bound work from a `file`, whose thread can be ended.',
  },
  BACKEND_UNAVAILABLE: {
    message: 'the backend of queue %s did not answer within %s ms',
    statusCode: 503,
    help: 'The job may or may not have been stored. See that Redis or PostgreSQL is up; `enqueueTimeout` is how long an enqueue waits for it.',
  },
  CANCELLED: {
    message: 'job %s was cancelled: %s',
    help: 'Somebody called cancel(). A handler sees it as the reason of its signal.',
  },
  CLOSING: {
    message: 'tasks take nothing new: the application closes',
    statusCode: 503,
    help: 'Send the work to another instance, or enqueue before close().',
  },
  DUPLICATE_TASK: {
    message: 'expected task names to be unique, got %s twice',
    help: 'A job is stored with the name of its task, so that the name has to tell them apart.',
  },
  FAILED: {
    message: 'job %s failed: %s',
    help: 'The handler threw on its last attempt, or said that it is not worth another. The cause is what it threw, as far as it was stored.',
  },
  LOCKED: {
    message: 'expected %s to be free, it is held by process %s',
    help: 'One process owns a folder of tasks. Give each process its own, or use Redis or PostgreSQL for queues that several share.',
  },
  LOG_CORRUPT: {
    message: 'the log of %s is damaged: %s',
    help: 'Restore the folder from a copy, or open it with `repair: true`, which keeps a copy of it and all that is readable.',
  },
  OPTIONS: {
    message: '%s',
    base: TypeError,
    help: 'The message names the option, what was expected, and what came.',
  },
  PAYLOAD: {
    message: 'expected the payload of task %s to be valid: %s',
    base: TypeError,
    statusCode: 400,
    help: '`issues` holds each problem with its path, never a value. Dates, Buffers, Maps and undefined members do not survive JSON: send what the handler can build them from.',
  },
  PRIORITY: {
    message:
      "expected priority to be 'critical', 'high', 'normal', 'low' or an integer from 1 to 2097151, got %s",
    base: RangeError,
    help: 'Smaller numbers run first: critical is 1, high 5, normal 10, low 20.',
  },
  QUEUE_FULL: {
    message: 'the store holds %s, its bound is %s',
    statusCode: 503,
    help: 'Workers are slower than what comes in. Slow the intake, add workers, or raise `maxJobs` or `maxBytes` of embeddedBackend().',
  },
  STORAGE_FAILED: {
    message: 'the log of %s can no longer be trusted: %s',
    statusCode: 503,
    help: 'After a failed flush nobody knows what the disk has. The process answers reads, and takes nothing new; look at the disk, then restart.',
  },
  STORAGE_FULL: {
    message: 'the log of %s could not be written: %s',
    statusCode: 503,
    help: 'The job was not stored. Make room: intake goes on by itself once a write succeeds.',
  },
  TIMEOUT: {
    message: '%s did not end within %s ms',
    help: 'Raise the `timeout` of the task, or find what it waits for. The next attempt begins only once this one has settled.',
  },
  UNKNOWN_JOB: {
    message: 'expected job %s to exist',
    statusCode: 404,
    help: 'It was removed, by hand or by `keep`, or it never was.',
  },
  UNKNOWN_TASK: {
    message: 'expected task %s to be registered',
    help: 'List it in the `tasks` of the plugin. A job whose task is gone from the code stays, and fails with this.',
  },
  UNSUPPORTED: {
    message: '%s is not supported by %s',
    help: 'docs/tasks-backends.md lists what each backend covers.',
  },
});
