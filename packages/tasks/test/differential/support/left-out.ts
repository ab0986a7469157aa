// Operations that are passed over in the state they meet, since BullMQ on Redis does there what we do not: PARITY.md
// says what and why. Looked at where steps run, so that a run that is cut down is cut down to a difference that counts.
import type { View } from './observe.ts';
import type { JobRef, Operation, QueueName } from './operation.ts';

export function isLeftOut(operation: Operation, view: View): boolean {
  switch (operation.do) {
    case 'obliterate':
      // Redis leaves those that wait for children.
      return view[operation.queue].ids['waiting-children'].length > 0;
    case 'drain':
      // Redis takes another job off the list in the place of one that it spares.
      return view[operation.queue].ids.wait.some((id) => id.startsWith('repeat:'));
    case 'loseWorker':
      // Several come back in the order of a set.
      return view[operation.queue].ids.active.length > 1;
    case 'remove':
      // Redis goes round until its stack is full.
      return hasCycle(view, operation, new Set());
    default:
      return false;
  }
}

/** Whether a job is its own descendant, or one below it is. */
function hasCycle(view: View, { queue, id }: JobRef, above: ReadonlySet<string>): boolean {
  const key = `bull:${queue}:${id}`;
  if (above.has(key)) return true;
  const path = new Set(above).add(key);
  return childrenOf(view, { queue, id }).some((child) => hasCycle(view, child, path));
}

interface Children {
  readonly processed: object;
  readonly ignored: object;
  readonly unprocessed: readonly string[];
  readonly failed: readonly string[];
}

function childrenOf(view: View, { queue, id }: JobRef): JobRef[] {
  const all = view[queue].rest['dependencies'] as Readonly<Record<string, Children>>;
  const children = all[id];
  if (children === undefined) return [];
  const { processed, ignored, unprocessed, failed } = children;
  const keys = [...Object.keys(processed), ...Object.keys(ignored), ...unprocessed, ...failed];
  return keys.map((key) => {
    const [, name = '', ...rest] = key.split(':');
    return { queue: name as QueueName, id: rest.join(':') };
  });
}
