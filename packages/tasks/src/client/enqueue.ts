// enqueue() and enqueueMany(): a payload is checked and copied first, then the backend is asked.
// Invariant: what is stored is what was checked, whatever its owner does with the object afterwards; all of many payloads are
// checked before the first is stored.
import { randomBytes } from 'node:crypto';
import { show } from '@catzilla/common';
import type { Job, JobsOptions } from 'bullmq';
import type { EnqueueOptions, TaskHandle } from '../define/context.ts';
import { encodePayload } from '../define/payload.ts';
import type { StoredData } from '../define/stored.ts';
import type { AnyTask, Task } from '../define/types.ts';
import { payloadError, validatePayload } from '../define/validate.ts';
import { errors } from '../errors.ts';
import { ask } from './context.ts';
import type { ClientContext } from './context.ts';
import { handleOf } from './handle.ts';
import { checkOverrides, deduplicationOf, jobOptions } from './job-options.ts';

/** A job that was checked, and is not enqueued yet. */
export interface Prepared<Result = unknown> {
  readonly task: AnyTask;
  /** Stores it; also while the application closes. Once.
   * @throws as Enqueue does, but for what the check found */
  enqueue(): Promise<TaskHandle<Result>>;
}

/** A job, ready for the store. */
export interface Draft {
  readonly task: AnyTask;
  readonly data: StoredData;
  /** With the id that it gets, unless another of its deduplication is there already; without its delay. */
  readonly options: JobsOptions & { readonly priority: number; readonly jobId: string };
  /** ms from when it is stored. */
  readonly delay: number;
  /** Epoch ms, instead of `delay`. */
  readonly at: number | undefined;
}

/** Checks a job, and keeps it as it is now.
 * @throws CATZ_TASKS_PAYLOAD, CATZ_TASKS_PRIORITY, CATZ_TASKS_OPTIONS, CATZ_TASKS_UNKNOWN_TASK */
export async function prepare<Input, Result>(
  client: ClientContext,
  task: Task<Input, Result>,
  payload: unknown,
  options: EnqueueOptions | undefined,
): Promise<Prepared<Result>> {
  const draft = await draftOf(client, task, payload, options);
  return { task: draft.task, enqueue: () => store<Result>(client, draft) };
}

/** Checks a job and stores it. @see Enqueue */
export async function enqueue<Input, Result>(
  client: ClientContext,
  task: Task<Input, Result>,
  payload: unknown,
  options: EnqueueOptions | undefined,
): Promise<TaskHandle<Result>> {
  return store<Result>(client, await draftOf(client, task, payload, options));
}

/** Checks jobs, and stores them together.
 * @throws as Enqueue does; the path of a payload's issue then begins with its place in the list */
export async function enqueueMany<Input, Result>(
  client: ClientContext,
  task: Task<Input, Result>,
  payloads: readonly unknown[],
  options: EnqueueOptions | undefined,
): Promise<TaskHandle<Result>[]> {
  const known = client.registry.require(task);
  if (!Array.isArray(payloads)) {
    throw new errors.OPTIONS(`expected payloads to be an array, got ${show(payloads)}`);
  }
  if (options?.key !== undefined) {
    throw new errors.OPTIONS('expected no options.key for many payloads: they would share it');
  }
  const drafts = await Promise.all(
    payloads.map((payload) => draftOf(client, known, payload, options)),
  );
  if (drafts.length === 0) return [];
  const jobs = await ask(client, known.queue, async () => {
    const queue = await client.links.queue(known.queue);
    return queue.addBulk(
      drafts.map((draft) => ({ name: known.name, data: draft.data, opts: optionsOf(draft) })),
    );
  });
  return jobs.map((job, at) => added<Result>(client, drafts[at]!, job));
}

/** Checks one job.
 * @throws as `prepare` does */
export async function draftOf(
  client: ClientContext,
  given: unknown,
  payload: unknown,
  options: EnqueueOptions | undefined,
): Promise<Draft> {
  const task = client.registry.require(given);
  const { priority, retry, key, delay, at } = checkOverrides(task, options);
  const data = await checkedData(client, task, payload);
  const unique = deduplicationOf(task, data.payload, key);
  const deduplication = unique?.deduplication;
  return {
    task,
    data,
    options: {
      ...jobOptions(task, { priority, retry }),
      ...(deduplication !== undefined && { deduplication }),
      priority,
      jobId: client.nextId(),
    },
    delay: unique?.delay ?? delay,
    at: unique?.delay === undefined ? at : undefined,
  };
}

/** The options of a job that is stored now. */
export function optionsOf({ options, delay, at }: Draft): JobsOptions {
  // Rounded up: a job never runs before its time.
  const left = Math.ceil(at === undefined ? delay : at - Date.now());
  return left > 0 ? { ...options, delay: left } : options;
}

/** Checks a payload, and makes job.data of it.
 * @throws CATZ_TASKS_PAYLOAD */
export async function checkedData(
  { validate }: Pick<ClientContext, 'validate'>,
  task: AnyTask,
  payload: unknown,
): Promise<StoredData> {
  const encoded = encodePayload(payload, task.maxPayloadBytes);
  if (encoded.issues !== undefined) throw payloadError(task.name, encoded.issues);
  const copy: unknown = JSON.parse(encoded.json);
  await validatePayload(task, copy, validate);
  return { version: task.version, payload: copy };
}

async function store<Result>(client: ClientContext, draft: Draft): Promise<TaskHandle<Result>> {
  const { task, data } = draft;
  const job = await ask(client, task.queue, async () => {
    const queue = await client.links.queue(task.queue);
    return queue.add(task.name, data, optionsOf(draft));
  });
  return added(client, draft, job);
}

function added<Result>(client: ClientContext, draft: Draft, job: Job): TaskHandle<Result> {
  const { task, data, options } = draft;
  const id = job.id ?? options.jobId;
  tellEnqueued(client, task, id, data.payload, {
    priority: options.priority,
    delayMs: job.delay ?? 0,
    deduplicated: id !== options.jobId,
  });
  const reference = { id, task: task.name, queue: task.queue };
  return handleOf<Result>(client, reference, id !== options.jobId);
}

/** Tells that a backend has a job. */
export function tellEnqueued(
  { events }: ClientContext,
  { name: task, queue }: AnyTask,
  id: string,
  payload: unknown,
  fields: { readonly priority: number; readonly delayMs: number; readonly deduplicated: boolean },
): void {
  events.emit('enqueued', { task, queue, id, ...fields }, () => payload);
}

/** Makes ids: short, in order within a process, and of no other process; never integers, which BullMQ keeps for itself. */
export function idMaker(): () => string {
  const process = BigInt(`0x${randomBytes(8).toString('hex')}`).toString(36);
  let count = 0;
  return () => `${process}-${(count++).toString(36)}`;
}
