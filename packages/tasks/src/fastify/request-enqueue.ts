// request.enqueue(): a job that belongs to a reply. Its payload is validated at the call, so that what is wrong is answered to the
// client; it is stored only once the reply was sent, unless the caller says otherwise. What is held is held.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { checkOptions, oneOf } from '@catzilla/common';
import type { OptionSpec, OptionSpecs } from '@catzilla/common';
import type { Prepared } from '../client/enqueue.ts';
import type { Enqueue, EnqueueOptions, TaskHandle } from '../define/context.ts';
import type { Task } from '../define/types.ts';
import { errors } from '../errors.ts';
import { HeldJobs } from './held.ts';
import type { HeldEnqueue, RequestHold, When } from './held.ts';

/** How one job of a request differs from what its task says. */
export interface RequestEnqueueOptions extends EnqueueOptions {
  /** Default: 'sent'. */
  readonly when?: When;
}

/** Enqueues a job of a request. Await it before the reply: it resolves once the payload was found valid.
 * With `when: 'now'` it is the durable call: it resolves to the handle once the backend has acknowledged the job. Otherwise the job
 * is in memory until the reply was sent, is dropped when that fails, and is lost when the process dies in between. `delay` counts
 * from when it is added.
 * @throws CATZ_TASKS_PAYLOAD (status 400), CATZ_TASKS_PRIORITY, CATZ_TASKS_OPTIONS, CATZ_TASKS_UNKNOWN_TASK, CATZ_TASKS_CLOSING
 *   (503); with 'now' what enqueue() throws
 * @example await request.enqueue(sendWelcome, { userId: user.id }); */
export interface RequestEnqueue {
  <Input, Result>(
    task: Task<Input, Result>,
    payload: NoInfer<Input>,
    options: RequestEnqueueOptions & { readonly when: 'now' },
  ): Promise<TaskHandle<Result>>;
  <Input, Result>(
    task: Task<Input, Result>,
    payload: NoInfer<Input>,
    options?: RequestEnqueueOptions & { readonly when?: 'sent' | 'always' },
  ): Promise<HeldEnqueue<Result>>;
}

/** What enqueues, for a request. */
export interface Enqueuer {
  readonly enqueue: Enqueue;
  /** Validates, and stores nothing; the job may be enqueued after new work is refused already. */
  prepare<Input, Result>(
    task: Task<Input, Result>,
    payload: NoInfer<Input>,
    options?: EnqueueOptions,
  ): Promise<Prepared<Result>>;
}

const REPLY: unique symbol = Symbol('catzilla.tasks.reply');
const HOLD: unique symbol = Symbol('catzilla.tasks.hold');

type KeepingRequest = FastifyRequest & {
  [REPLY]?: FastifyReply | null;
  [HOLD]?: RequestHold | null;
};

// What is not of the reply is for enqueue() to check.
const specs = {
  when: oneOf<When>(['sent', 'always', 'now'], 'sent'),
  priority: unchecked(),
  delay: unchecked(),
  at: unchecked(),
  retry: unchecked(),
  key: unchecked(),
} satisfies OptionSpecs<Record<keyof RequestEnqueueOptions, unknown>>;

/** Decorates the requests of a context.
 * @returns what is held, to be settled before the application closes */
export function addRequestEnqueue(app: FastifyInstance, enqueuer: Enqueuer): HeldJobs {
  const held = new HeldJobs(app.log);
  if (!app.hasRequestDecorator(REPLY)) {
    app.decorateRequest(REPLY, null);
    app.decorateRequest(HOLD, null);
    // A request does not know its reply. HOT: runs for every request.
    app.addHook('onRequest', (request: KeepingRequest, reply, done) => {
      request[REPLY] = reply;
      done();
    });
  }
  const enqueue = async function (
    this: KeepingRequest,
    task: Task<unknown, unknown>,
    payload: unknown,
    options?: RequestEnqueueOptions,
  ): Promise<unknown> {
    const { when, rest } = split(options);
    if (when === 'now') return enqueuer.enqueue(task, payload, rest);
    const reply = this[REPLY];
    if (!reply) {
      throw new errors.OPTIONS(
        'expected tasks to be registered before the onRequest hook that calls request.enqueue()',
      );
    }
    const hold = this[HOLD] ?? held.holdFor(reply.raw);
    this[HOLD] = hold;
    return held.hold(hold, when, () => enqueuer.prepare(task, payload, rest));
  };
  app.decorateRequest('enqueue', enqueue as RequestEnqueue);
  return held;
}

function split(options: unknown): { readonly when: When; readonly rest?: EnqueueOptions } {
  if (options === undefined) return { when: 'sent' };
  const { when, ...rest } = checkOptions(options, specs, {
    path: 'options',
    error: (message) => new errors.OPTIONS(message),
  });
  return { when, rest: rest as EnqueueOptions };
}

function unchecked(): OptionSpec<unknown> {
  return { check: (value) => value };
}
