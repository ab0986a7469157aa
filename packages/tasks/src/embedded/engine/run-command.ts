// Runs one command on a store: for callers now, and for a replay.
import type { Command, CommandContext, Json } from './command.ts';
import type { LockOwner } from './job.ts';
import type { Commands, QueueName } from './journal.ts';
import type { StoreState } from './store-state.ts';

/** @param now  epoch ms: the present, or what stands in the record
 * @returns what the command returned; what it throws is thrown */
export function runCommand(
  commands: Commands,
  store: StoreState,
  name: string,
  queue: QueueName,
  args: readonly Json[],
  now: number,
  owner: LockOwner | undefined,
): unknown {
  const context = makeContext(store, queue, now, owner);
  return commandOf(commands, name).run(context, ...args);
}

/** For a journal that wants to know whether the command changed anything (`context.changed`). */
export function makeContext(
  store: StoreState,
  queue: QueueName,
  now: number,
  owner: LockOwner | undefined,
): CommandContext {
  return { store, queue: store.queueOf(queue.name, queue.prefix), now, owner, changed: true };
}

/** @throws Error when a record names a command that this version does not have */
export function commandOf(commands: Commands, name: string): Command {
  const command = commands[name] as Command | undefined;
  if (command === undefined) throw new Error(`expected ${name} to be a command`);
  return command;
}
