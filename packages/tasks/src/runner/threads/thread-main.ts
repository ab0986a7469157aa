// What runs in a thread: loads the module of a task, and calls what it exports.
// Invariant: never rejects: what a task throws goes back as an answer, so that its name and code survive.
import type { ThreadMeta } from '../types.ts';
import { toWire } from './message.ts';
import type { ThreadAnswer, ThreadCall } from './message.ts';

type ThreadHandler = (input: unknown, meta: ThreadMeta) => unknown;

/** Does one call. */
export default async function runInThread(call: ThreadCall): Promise<ThreadAnswer> {
  const { file, input, meta, port } = call;
  try {
    const module = (await import(file)) as { readonly default?: unknown };
    if (typeof module.default !== 'function') {
      throw new TypeError(
        `expected the module of task ${meta.task} to have a function as default export`,
      );
    }
    const progress = (value: number | object): void => port.postMessage(value);
    const result = await (module.default as ThreadHandler)(input, { ...meta, progress });
    return { json: JSON.stringify(result) };
  } catch (error) {
    return { error: toWire(error) };
  } finally {
    port.close();
  }
}
