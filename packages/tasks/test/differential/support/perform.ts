// Does one operation to one side, through BullMQ's public classes, and says what came of it.
// What is compared as an outcome: what the call gave, or the error's kind, code and text. Job objects count as their ids
// and JSON; times come from the shared clock, so that they are equal too.
import type { Job } from 'bullmq';
import { UnrecoverableError } from 'bullmq';
import { read } from './reading.ts';
import { FOREVER, jobOf } from './side.ts';
import type { Lane, Side } from './side.ts';
import type { JobRef, NewJob, Operation } from './operation.ts';

/** Does it. Never throws what the operation threw.
 * @returns JSON */
export async function perform(side: Side, operation: Operation): Promise<unknown> {
  try {
    const value = await run(side, operation);
    // How much of a window is left, which Redis counts in real time.
    if (typeof value === 'number' && value > FOREVER / 2) return { gave: 'limited' };
    return { gave: value === undefined ? null : value };
  } catch (error) {
    if (!(error instanceof Error)) return { threw: String(error) };
    const { code } = error as { code?: unknown };
    // Behind the sentence BullMQ names its script, and with a lock in another order than with the rest.
    const [message] = error.message.split(/\. | from /u);
    return { threw: error.name, code: code ?? null, message };
  }
}

async function run(side: Side, operation: Operation): Promise<unknown> {
  if (operation.do === 'flow') {
    return idsOf(await side.flows.add(operation.flow));
  }
  if (operation.do === 'flows') {
    return (await side.flows.addBulk([...operation.flows])).map(idsOf);
  }
  const lane = side.lanes[operation.queue];
  const { queue, worker } = lane;
  switch (operation.do) {
    case 'add':
      return keep(lane, await queue.add(...argumentsOf(operation.job)));
    case 'addBulk':
      return (await queue.addBulk(operation.jobs.map((job) => ({ ...job })))).map((job) =>
        keep(lane, job),
      );
    case 'claim': {
      const job = await worker.getNextJob(operation.token, { block: false });
      return job === undefined ? undefined : claimed(lane, job);
    }
    case 'pause':
      return queue.pause();
    case 'resume':
      return queue.resume();
    case 'promoteJobs':
      return queue.promoteJobs();
    case 'drain':
      return queue.drain(operation.delayed);
    case 'clean':
      return queue.clean(operation.grace, operation.limit, operation.state);
    case 'retryJobs':
      return queue.retryJobs({ state: operation.state, count: operation.count });
    case 'obliterate':
      return queue.obliterate({ force: operation.force });
    case 'concurrency':
      return operation.value === undefined
        ? queue.removeGlobalConcurrency()
        : queue.setGlobalConcurrency(operation.value);
    case 'globalRate':
      return operation.max === undefined
        ? queue.removeGlobalRateLimit()
        : queue.setGlobalRateLimit(operation.max, FOREVER);
    case 'rateLimit':
      return queue.rateLimit(FOREVER);
    case 'endRateLimit':
      // The worker remembers until when it has to wait.
      Reflect.set(worker, 'limitUntil', 0);
      return queue.removeRateLimitKey();
    case 'read':
      return read(lane, operation.reading);
    case 'loseWorker':
      return side.loseWorker(operation.queue);
    case 'forgetDeduplication':
      return queue.removeDeduplicationKey(operation.id);
    case 'schedule': {
      const { id, repeat, template } = operation;
      const job = await queue.upsertJobScheduler(id, { ...repeat }, { ...template });
      return job === undefined ? undefined : keep(lane, job);
    }
    case 'unschedule':
      return queue.removeJobScheduler(operation.id);
    case 'remove':
      return queue.remove(operation.id, { removeChildren: operation.removeChildren });
    default:
      return runOnJob(side, lane, operation);
  }
}

type JobOperation = Extract<Operation, JobRef>;

async function runOnJob(side: Side, lane: Lane, operation: JobOperation): Promise<unknown> {
  const job = await jobOf(lane, operation.id);
  if (job === undefined) return 'no such job was ever seen';
  switch (operation.do) {
    case 'complete':
      return next(
        lane,
        operation.token,
        await job.moveToCompleted(operation.value, operation.token, operation.fetch),
      );
    case 'fail': {
      const error = operation.unrecoverable
        ? new UnrecoverableError(operation.message)
        : new Error(operation.message);
      error.stack = `${error.name}: ${operation.message}\n    at nowhere`;
      return next(
        lane,
        operation.token,
        await job.moveToFailed(error, operation.token, operation.fetch),
      );
    }
    case 'delayActive':
      return job.moveToDelayed(Date.now() + operation.delay, operation.token);
    case 'putBack':
      return job.moveToWait(operation.token);
    case 'waitForChildren': {
      const { child, token } = operation;
      const opts =
        child === undefined
          ? {}
          : { child: { id: child.id, queue: side.lanes[child.queue].queue.qualifiedName } };
      return job.moveToWaitingChildren(token, opts);
    }
    case 'extendLock':
      return job.extendLock(operation.token, FOREVER);
    case 'promote':
      return job.promote();
    case 'removeChildDependency':
      return job.removeChildDependency();
    case 'removeUnprocessedChildren':
      return job.removeUnprocessedChildren();
    case 'removeOwnDeduplication':
      return job.removeDeduplicationKey();
    case 'retry':
      return job.retry(operation.state, {
        resetAttemptsMade: operation.resetAttemptsMade,
        resetAttemptsStarted: operation.resetAttemptsStarted,
      });
    case 'changeDelay':
      return job.changeDelay(operation.delay);
    case 'changePriority':
      return job.changePriority({ priority: operation.priority, lifo: operation.lifo });
    case 'updateData':
      return job.updateData(operation.data);
    case 'progress':
      return job.updateProgress(operation.value);
    case 'log':
      return lane.queue.addJobLog(operation.id, operation.row, operation.keep);
    case 'clearLogs':
      return job.clearLogs(operation.keep);
    case 'remove':
      return undefined;
  }
}

// What a worker does with the job that came with the end of another: makes it a job, and plans its scheduler's next one.
async function next(lane: Lane, token: string, result: void | unknown[]): Promise<unknown> {
  if (!Array.isArray(result)) return result;
  const [data, id, limit, until] = result;
  const { worker } = lane as unknown as {
    worker: {
      nextJobFromJobData(data: unknown, id: unknown, token: string): Promise<Job | undefined>;
    };
  };
  const job = await worker.nextJobFromJobData(data, id, token);
  return [
    job === undefined ? null : claimed(lane, job),
    Number(limit ?? 0) > 0 ? 'limited' : (limit ?? null),
    until ?? null,
  ];
}

function claimed(lane: Lane, job: Job): unknown {
  lane.held.set(String(job.id), job);
  return job.asJSON();
}

function keep(lane: Lane, job: Job): string | undefined {
  if (job.id !== undefined && !lane.held.has(job.id)) lane.held.set(job.id, job);
  return job.id;
}

function argumentsOf({ name, data, opts }: NewJob): [string, unknown, NewJob['opts']] {
  return [name, data, { ...opts }];
}

interface Tree {
  readonly job: Job;
  readonly children?: Tree[];
}

function idsOf({ job, children = [] }: Tree): unknown {
  return children.length === 0 ? job.id : { [String(job.id)]: children.map(idsOf) };
}
