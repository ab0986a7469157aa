// What the parts of `catzilla cache` have in common.
import { cliErrors } from '../../errors.ts';
import type { CommandArgs, CommandContext } from '../command.ts';

/** One of stats, purge, warm, keys.
 * @param operands  positional arguments behind its name */
export interface CacheAction {
  /** Options it takes beside those of every one. */
  readonly options: readonly string[];
  /** Its positional arguments as in the help. */
  readonly operands: readonly string[];
  run(context: CommandContext, operands: readonly string[]): Promise<number>;
}

/** Values of an option that may be given again and again. */
export function textOptions({ values }: CommandArgs, name: string): readonly string[] {
  const given = values[name];
  return Array.isArray(given) ? given.filter((one): one is string => typeof one === 'string') : [];
}

/** Whether a switch is on. */
export function isOn({ values }: CommandArgs, name: string): boolean {
  return values[name] === true;
}

/** A command line that is wrong. */
export function misuse(action: string, problem: string): Error {
  return new cliErrors.USAGE(
    `${['catzilla cache', action].filter(Boolean).join(' ')}: ${problem}; see catzilla cache --help`,
  );
}
