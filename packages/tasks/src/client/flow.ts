// Flows: jobs that wait for others, their children, and get what those returned.
// Invariant: a flow is stored as a whole or not at all, and every payload in it was checked before. A key that deduplicates and a
// parent exclude each other in BullMQ, so that tasks with such keys take no part.
import { checkOptions, custom, oneOf } from '@catzilla/common';
import type { FlowJob, JobNode, JobsOptions } from 'bullmq';
import type { EnqueueOptions, TaskHandle } from '../define/context.ts';
import type { AnyTask, Task } from '../define/types.ts';
import { errors } from '../errors.ts';
import { ask } from './context.ts';
import type { ClientContext } from './context.ts';
import { draftOf, optionsOf, tellEnqueued } from './enqueue.ts';
import type { Draft } from './enqueue.ts';
import { handleOf } from './handle.ts';

/** What a parent does when a child fails for good: it fails too, goes on as if the child had none of it but its reason is in
 * `children()`, runs at once without waiting for the others, or forgets the child. */
export type OnChildFailure = 'fail' | 'ignore' | 'continue' | 'remove';

/** A job of a flow: @see FlowOf, which checks the payloads of children by the types of their tasks. */
export interface FlowNode {
  readonly task: AnyTask;
  readonly payload: unknown;
  readonly options?: Omit<EnqueueOptions, 'key'>;
  /** What the failure of this job means for its parent; not of the root, which has none. Default: 'fail'. */
  readonly onChildFailure?: OnChildFailure;
  readonly children?: readonly FlowNode[];
}

/** A flow whose root is a task of this payload and result, with the payload of every child typed by its task. */
export interface FlowOf<Input, Result, Children extends readonly FlowNode[]> {
  readonly task: Task<Input, Result>;
  readonly payload: NoInfer<Input>;
  readonly options?: Omit<EnqueueOptions, 'key'>;
  readonly children?: Children & TypedNodes<Children>;
}

/** The same nodes, each with the payload of its task. */
export type TypedNodes<Nodes extends readonly FlowNode[]> = {
  readonly [K in keyof Nodes]: TypedNode<Nodes[K]>;
};

type TypedNode<Node extends FlowNode> = Omit<FlowNode, 'payload' | 'children'> & {
  readonly payload: Node['task'] extends Task<infer Input, infer _> ? Input : never;
  readonly children?: Node['children'] extends readonly FlowNode[]
    ? TypedNodes<Node['children']>
    : undefined;
};

/** The handle of a job of a flow. */
export interface FlowHandle<out Result = unknown> extends TaskHandle<Result> {
  readonly children: readonly FlowHandle[];
}

const CHILD_OPTIONS: Readonly<Record<OnChildFailure, JobsOptions>> = {
  fail: { failParentOnFailure: true },
  ignore: { ignoreDependencyOnFailure: true },
  continue: { continueParentOnFailure: true },
  remove: { removeDependencyOnFailure: true },
};

/** A node that was checked. */
interface DraftNode {
  readonly draft: Draft;
  readonly children: readonly DraftNode[];
  /** As the child of its parent. */
  readonly childOptions: JobsOptions;
}

/** Stores a flow. @see Tasks.flow */
export async function flow<Result>(
  client: ClientContext,
  root: FlowNode,
): Promise<FlowHandle<Result>> {
  const checked = await checkNode(client, root, 'flow');
  if (root.onChildFailure !== undefined) {
    throw new errors.OPTIONS('expected no flow.onChildFailure: it is an option of children');
  }
  const { task } = checked.draft;
  const tree = await ask(client, task.queue, async () => {
    const flows = await client.links.flows();
    return flows.add(jobOf(checked, {}) as FlowJob);
  });
  return handlesOf(client, checked, tree) as FlowHandle<Result>;
}

async function checkNode(client: ClientContext, given: unknown, path: string): Promise<DraftNode> {
  const node = checkOptions<Required<FlowNode>>(given, nodeSpecs, {
    path,
    error: (message) => new errors.OPTIONS(message),
  });
  const draft = await draftOf(client, node.task, node.payload, node.options);
  if (draft.options.deduplication !== undefined) {
    throw new errors.OPTIONS(
      `expected tasks of a flow to have no idempotencyKey and no unique, ${draft.task.name} has`,
    );
  }
  const children = await Promise.all(
    node.children.map((child, at) => checkNode(client, child, `${path}.children[${at}]`)),
  );
  return { draft, children, childOptions: CHILD_OPTIONS[node.onChildFailure] };
}

const nodeSpecs = {
  task: { check: (value: unknown) => value as AnyTask },
  payload: { check: (value: unknown) => value },
  options: { check: (value: unknown) => value as Omit<EnqueueOptions, 'key'> },
  onChildFailure: oneOf<OnChildFailure>(['fail', 'ignore', 'continue', 'remove'], 'fail'),
  children: custom('an array', (value): value is readonly FlowNode[] => Array.isArray(value), []),
};

function jobOf({ draft, children }: DraftNode, own: JobsOptions): FlowJob {
  const { task, data } = draft;
  const continues = children.some((child) => child.childOptions.continueParentOnFailure === true);
  return {
    name: task.name,
    queueName: task.queue,
    data: continues ? { ...data, continues } : data,
    opts: { ...optionsOf(draft), ...own },
    ...(children.length > 0 && {
      children: children.map((child) => jobOf(child, child.childOptions)),
    }),
  } as FlowJob;
}

function handlesOf(client: ClientContext, node: DraftNode, tree: JobNode): FlowHandle {
  const { task, data, options } = node.draft;
  const id = tree.job.id ?? options.jobId;
  tellEnqueued(client, task, id, data.payload, {
    priority: options.priority,
    delayMs: tree.job.delay ?? 0,
    deduplicated: false,
  });
  const children = node.children.map((child, at) => handlesOf(client, child, tree.children![at]!));
  const handle = handleOf(client, { id, task: task.name, queue: task.queue }, false);
  return Object.freeze({ ...handle, children: Object.freeze(children) });
}
