// Help pages, made from what the commands say of themselves.
import type { Command, CommandOption } from './command.ts';
import { COMMON_OPTIONS } from './parse.ts';
import type { Paint } from './table.ts';
import { table } from './table.ts';

/** The page of `catzilla --help`. */
export function programHelp(commands: readonly Command[], paint: Paint): string {
  const rows = commands.map(({ name, summary }) => [`  ${name}`, summary]);
  return [
    `${paint.bold('catzilla')} <command> [options]`,
    '',
    table(rows),
    'catzilla <command> --help  says more of a command',
    'catzilla --version         prints the version',
    '',
  ].join('\n');
}

/** The page of `catzilla <command> --help`. */
export function commandHelp(command: Command, paint: Paint): string {
  const options = { ...command.options, ...COMMON_OPTIONS };
  const rows = Object.entries(options).map(([name, option]) => [
    `  ${spelling(name, option)}`,
    option.summary,
  ]);
  const { notes = [] } = command;
  return [
    paint.bold(['catzilla', command.name, ...command.arguments, '[options]'].join(' ')),
    '',
    command.summary,
    '',
    table(rows),
    ...(notes.length === 0 ? [] : [...notes, '']),
  ].join('\n');
}

function spelling(name: string, { short, type, value = '<value>' }: CommandOption): string {
  const names = short === undefined ? `--${name}` : `-${short}, --${name}`;
  return type === 'string' ? `${names} ${value}` : names;
}
