// A command as the body of a record, and back.
// Invariant: what is read is what was given, with one freedom: members of objects that were undefined are absent. Arguments
// that were left out are told from null by their places, which stand at the end of the body.
import type { Json } from '../engine/command.ts';

/** A command as the log holds it. */
export interface LoggedCommand {
  readonly name: string;
  readonly queue: { readonly name: string; readonly prefix: string };
  /** Epoch ms; of a prepared command, when it was asked for. */
  readonly now: number;
  readonly args: readonly Json[];
}

/** HOT: benchmarks/tasks */
export function encodeCommand(
  name: string,
  queue: { readonly name: string; readonly prefix: string },
  now: number,
  args: readonly Json[],
): string {
  for (let at = 0; at < args.length; at++) {
    if (args[at] === undefined) {
      return JSON.stringify([name, queue.name, queue.prefix, now, args, holesOf(args)]);
    }
  }
  return JSON.stringify([name, queue.name, queue.prefix, now, args]);
}

/** @throws SyntaxError for a body that is no JSON, TypeError for one that is no command */
export function decodeCommand(body: string): LoggedCommand {
  const [name, queue, prefix, now, args, holes] = JSON.parse(body) as [
    string,
    string,
    string,
    number,
    Json[],
    number[]?,
  ];
  if (!Array.isArray(args)) throw new TypeError('expected the body to be a command');
  if (holes !== undefined) for (const at of holes) args[at] = undefined;
  return { name, queue: { name: queue, prefix }, now, args };
}

function holesOf(args: readonly Json[]): number[] {
  return args.flatMap((value, at) => (value === undefined ? [at] : []));
}
