// Chooses the next operation, from a seed and from what is there.
// Most operations fit the state they meet; some, on purpose, do not, for errors are compared too.
import type { JobsOptions, RepeatOptions } from 'bullmq';
import type { State, View } from './observe.ts';
import { QUEUE_NAMES } from './operation.ts';
import type { FlowNode, JobRef, NewJob, Operation, QueueName } from './operation.ts';
import type { Random } from './random.ts';
import { readingOf } from './reading.ts';
import { FOREVER } from './side.ts';

export const DEDUPLICATION_IDS = ['d1', 'd2'] as const;
export const SCHEDULER_IDS = ['s1', 's2'] as const;
const CUSTOM_IDS = ['c1', 'c2', 'c3'] as const;

export interface Chooser {
  /** @param view  what both sides showed last */
  operation(view: View): Operation;
}

const WEIGHTS = {
  add: 26,
  addBulk: 4,
  flow: 7,
  flows: 1,
  claim: 26,
  complete: 14,
  fail: 10,
  delayActive: 2,
  putBack: 1,
  waitForChildren: 2,
  extendLock: 1,
  promote: 3,
  retry: 4,
  changeDelay: 2,
  changePriority: 3,
  updateData: 1,
  progress: 2,
  log: 2,
  clearLogs: 1,
  remove: 4,
  removeChildDependency: 2,
  removeUnprocessedChildren: 1,
  removeOwnDeduplication: 1,
  pause: 1,
  resume: 2,
  promoteJobs: 1,
  drain: 0.5,
  clean: 2,
  retryJobs: 2,
  obliterate: 0.3,
  concurrency: 1,
  globalRate: 0.5,
  rateLimit: 0.3,
  loseWorker: 1.5,
  endRateLimit: 1,
  forgetDeduplication: 1,
  schedule: 3,
  unschedule: 1,
  read: 10,
} satisfies Record<Operation['do'], number>;

export function chooserOf(random: Random): Chooser {
  let flowCount = 0;
  const data = (): unknown =>
    random.pick([{}, { n: random.below(9) }, [1, 'two'], 'text', 7, null]);
  const maybe = <T>(n: number, value: () => T): T | undefined =>
    random.oneIn(n) ? value() : undefined;

  const refOf = (view: View, states: readonly State[], queues: readonly QueueName[]): JobRef => {
    const found = queues.flatMap((queue) =>
      states.flatMap((state) => view[queue].ids[state].map((id) => ({ queue, id }))),
    );
    if (found.length > 0) return random.pick(found);
    return { queue: random.pick(queues), id: random.pick(['1', '2', 'c1', 'nobody']) };
  };
  const anyJob = (view: View): JobRef =>
    refOf(
      view,
      ['wait', 'prioritized', 'delayed', 'active', 'waiting-children', 'completed', 'failed'],
      QUEUE_NAMES,
    );
  // Mostly a job where the operation is at home.
  const jobIn = (view: View, ...states: State[]): JobRef =>
    random.oneIn(8) ? anyJob(view) : refOf(view, states, QUEUE_NAMES);
  const held = (view: View): JobRef & { token: string } => {
    const ref = jobIn(view, 'active');
    return { ...ref, token: random.oneIn(12) ? 'wrong' : tokenOf(ref) };
  };

  const finishOptions = (): JobsOptions => ({
    ...definedOnly({
      removeOnComplete: maybe(6, () =>
        random.pick([true, 1, 2, { count: 2 }, { age: 3 }, { age: 60, count: 3 }]),
      ),
      removeOnFail: maybe(6, () => random.pick([true, 1, { count: 2 }, { age: 3 }])),
      attempts: maybe(2, () => 1 + random.below(3)),
      backoff: maybe(4, () =>
        random.pick<NonNullable<JobsOptions['backoff']>>([
          1000,
          { type: 'fixed', delay: 500 },
          { type: 'exponential', delay: 200 },
        ]),
      ),
      stackTraceLimit: maybe(8, () => 1),
      keepLogs: maybe(8, () => 2),
    }),
  });
  const placeOptions = (): JobsOptions => ({
    ...definedOnly({
      delay: maybe(5, () => random.pick([0, 100, 1000, 5000])),
      priority: maybe(3, () => random.pick([1, 2, 5])),
      lifo: maybe(8, () => true),
    }),
  });
  const deduplication = (): JobsOptions => {
    const id = random.pick(DEDUPLICATION_IDS);
    const mode = random.weighted({
      simple: 3,
      ttl: 2,
      extend: 2,
      replace: 3,
      keepLast: 3,
      reschedule: 1,
    });
    switch (mode) {
      case 'simple':
        return { deduplication: { id } };
      case 'ttl':
        return { deduplication: { id, ttl: FOREVER } };
      case 'extend':
        return { deduplication: { id, ttl: FOREVER, extend: true } };
      case 'replace':
        return {
          deduplication: { id, ttl: FOREVER, extend: random.oneIn(2), replace: true },
          delay: 1000,
        };
      case 'keepLast':
        return { deduplication: { id, keepLastIfActive: true } };
      case 'reschedule':
        return {
          deduplication: { id, reschedule: true } as NonNullable<JobsOptions['deduplication']>,
          delay: 2000,
        };
    }
  };
  const childOptions = (): JobsOptions =>
    random.weighted({ none: 3, fail: 2, go: 2, ignore: 2, remove: 2 }) === 'none'
      ? {}
      : random.pick<JobsOptions>([
          { failParentOnFailure: true },
          { continueParentOnFailure: true },
          { ignoreDependencyOnFailure: true },
          { removeDependencyOnFailure: true },
        ]);
  const newJob = (view: View, mayHaveParent: boolean): NewJob => {
    const parent = mayHaveParent ? maybe(8, () => anyJob(view)) : undefined;
    const deduplicated = parent === undefined ? random.oneIn(4) : random.oneIn(20);
    const custom = maybe(8, () => ({ jobId: random.pick(CUSTOM_IDS) }));
    // Not of parents: by it Redis orders those that wait for children (PARITY.md).
    const older = maybe(20, () => ({ timestamp: START - 700 }));
    const name = random.pick(['one', 'two']);
    const payload = data();
    const opts: JobsOptions = {
      ...finishOptions(),
      ...placeOptions(),
      ...(deduplicated ? deduplication() : {}),
      ...custom,
      ...older,
      ...(parent === undefined
        ? {}
        : { parent: { id: parent.id, queue: `bull:${parent.queue}` }, ...childOptions() }),
    };
    // Redis writes a job that was kept over another that has come by its id.
    if (opts.deduplication?.keepLastIfActive === true) delete opts.jobId;
    return { name, data: payload, opts };
  };
  const flowNode = (depth: number, isRoot: boolean): FlowNode => {
    const children =
      depth > 0 && (isRoot || random.oneIn(3))
        ? Array.from({ length: 1 + random.below(3) }, () => flowNode(depth - 1, false))
        : undefined;
    const jobId = random.oneIn(10) ? random.pick(CUSTOM_IDS) : `f${String(++flowCount)}`;
    return {
      queueName: random.pick(QUEUE_NAMES),
      name: 'node',
      data: data(),
      opts: {
        ...finishOptions(),
        ...placeOptions(),
        ...(isRoot ? {} : childOptions()),
        jobId,
      },
      ...(children === undefined ? {} : { children }),
    };
  };
  const repeat = (): Omit<RepeatOptions, 'key'> => {
    const base: Omit<RepeatOptions, 'key'> = random.oneIn(2)
      ? { every: random.pick([1000, 5000]) }
      : {
          pattern: random.pick(['*/5 * * * * *', '0 30 2 * * *']),
          tz: 'Europe/Berlin',
          ...definedOnly({ immediately: maybe(4, () => true) }),
        };
    return {
      ...base,
      ...definedOnly({
        limit: maybe(4, () => 2),
        endDate: maybe(6, () => START + 40_000),
        startDate: maybe(8, () => START + 10_000),
      }),
    };
  };

  return {
    operation(view) {
      const queue = random.pick(QUEUE_NAMES);
      const kind = random.weighted(WEIGHTS);
      switch (kind) {
        case 'add':
          return { do: kind, queue, job: newJob(view, true) };
        case 'addBulk':
          return {
            do: kind,
            queue,
            // None that can be refused: where one is, Redis adds the others, and we none (PARITY.md).
            jobs: Array.from({ length: 1 + random.below(4) }, () => newJob(view, false)),
          };
        case 'flow': {
          const parent = maybe(10, () => anyJob(view));
          const flow = flowNode(2, true);
          if (parent === undefined) return { do: kind, flow };
          const opts = {
            ...flow.opts,
            ...childOptions(),
            parent: { id: parent.id, queue: `bull:${parent.queue}` },
          };
          return { do: kind, flow: { ...flow, opts } };
        }
        case 'flows':
          return { do: kind, flows: [flowNode(1, true), flowNode(1, true)] };
        case 'claim':
          return { do: kind, queue, token: tokenOf({ queue, id: '' }) };
        case 'complete':
          return { do: kind, ...held(view), value: data(), fetch: random.oneIn(2) };
        case 'fail':
          return {
            do: kind,
            ...held(view),
            message: random.pick(['no luck', 'out of "luck"', 'né']),
            unrecoverable: random.oneIn(5),
            fetch: random.oneIn(2),
          };
        case 'delayActive':
          return { do: kind, ...held(view), delay: random.pick([0, 700, 3000]) };
        case 'putBack':
        case 'extendLock':
          return { do: kind, ...held(view) };
        case 'waitForChildren':
          return { do: kind, ...held(view), child: maybe(3, () => anyJob(view)) };
        case 'promote':
          return { do: kind, ...jobIn(view, 'delayed') };
        case 'removeChildDependency':
          return { do: kind, ...anyJob(view) };
        case 'removeUnprocessedChildren':
          return { do: kind, ...jobIn(view, 'waiting-children', 'active') };
        case 'removeOwnDeduplication':
          return { do: kind, ...anyJob(view) };
        case 'retry': {
          const state = random.pick(['failed', 'completed'] as const);
          return {
            do: kind,
            ...jobIn(view, state),
            state,
            resetAttemptsMade: random.oneIn(2),
            resetAttemptsStarted: random.oneIn(2),
          };
        }
        case 'changeDelay':
          return { do: kind, ...jobIn(view, 'delayed'), delay: random.pick([0, 400, 4000]) };
        case 'changePriority':
          return {
            do: kind,
            ...jobIn(view, 'wait', 'prioritized', 'delayed'),
            priority: random.pick([0, 1, 2, 5]),
            lifo: random.oneIn(3),
          };
        case 'updateData':
          return { do: kind, ...anyJob(view), data: data() };
        case 'progress':
          return { do: kind, ...anyJob(view), value: random.pick([0, 50, { done: 3 }]) };
        case 'log':
          return {
            do: kind,
            ...anyJob(view),
            row: `row ${String(random.below(9))}`,
            keep: maybe(4, () => 2),
          };
        case 'clearLogs':
          return { do: kind, ...anyJob(view), keep: maybe(2, () => 1) };
        case 'remove':
          return { do: kind, ...anyJob(view), removeChildren: !random.oneIn(3) };
        case 'pause':
        case 'resume':
        case 'promoteJobs':
        case 'rateLimit':
        case 'endRateLimit':
        case 'loseWorker':
          return { do: kind, queue };
        case 'drain':
          return { do: kind, queue, delayed: random.oneIn(2) };
        case 'clean':
          return {
            do: kind,
            queue,
            grace: random.pick([0, 0, 3000]),
            limit: random.pick([0, 1, 2]),
            state: random.pick([
              'completed',
              'failed',
              'wait',
              'active',
              'paused',
              'prioritized',
              'delayed',
            ]),
          };
        case 'retryJobs':
          return {
            do: kind,
            queue,
            state: random.pick(['failed', 'failed', 'completed']),
            count: random.pick([1, 100]),
          };
        case 'obliterate':
          return { do: kind, queue, force: random.oneIn(2) };
        case 'concurrency':
          return { do: kind, queue, value: maybe(2, () => 1 + random.below(3)) };
        case 'globalRate':
          return { do: kind, queue, max: maybe(2, () => 1 + random.below(3)) };
        case 'forgetDeduplication':
          return { do: kind, queue, id: random.pick(DEDUPLICATION_IDS) };
        case 'schedule': {
          const {
            name,
            data: payload,
            opts,
          } = {
            name: 'tick',
            data: data(),
            opts: { ...finishOptions(), ...definedOnly({ priority: maybe(4, () => 2) }) },
          };
          return {
            do: kind,
            queue,
            id: random.pick(SCHEDULER_IDS),
            repeat: repeat(),
            template: { name, data: payload, opts },
          };
        }
        case 'read': {
          const job = anyJob(view);
          return { do: kind, queue: job.queue, reading: readingOf(random, job.id, Date.now()) };
        }
        case 'unschedule':
          return { do: kind, queue, id: random.pick(SCHEDULER_IDS) };
      }
    },
  };
}

/** Where the clock of every run begins. */
export const START: number = Date.UTC(2026, 2, 28, 23, 0, 0);

/** One token for each queue: who holds a job there. */
function tokenOf({ queue }: JobRef): string {
  return `${queue}-token`;
}

// An option that is absent is not the same as one that is undefined: the latter is stored by nobody, but compared by us.
function definedOnly<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as never;
}
