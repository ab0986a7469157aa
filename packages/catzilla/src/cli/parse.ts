// Arguments of a command: node:util's parseArgs, with sentences of ours where it refuses.
// Invariant: what passes has only options that the command knows, each with a value of its kind, and no more and no fewer
// positional arguments than it takes. What the values mean is left to the command.
import { parseArgs } from 'node:util';
import { nearest } from '@catzilla/common';
import { cliErrors } from '../errors.ts';
import type { Command, CommandArgs, CommandOption, OptionValues } from './command.ts';

/** Options that every command has. */
export const COMMON_OPTIONS: Readonly<Record<string, CommandOption>> = {
  json: { type: 'boolean', summary: 'print results and errors as JSON, one value a line' },
  help: { type: 'boolean', short: 'h', summary: 'print this page' },
};

/** Reads what stands behind a command's name.
 * @throws CATZ_CLI_USAGE naming the argument, and the nearest known option */
export function parseCommandLine(command: Command, argv: readonly string[]): CommandArgs {
  const options = { ...command.options, ...COMMON_OPTIONS };
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(Object.entries(options).map(([name, o]) => [name, config(o)])),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'option') checkOption(command, options, token);
  }
  checkCount(command, positionals);
  return { values: values as OptionValues, positionals };
}

function config({ type, short, multiple }: CommandOption): {
  type: CommandOption['type'];
  short?: string;
  multiple?: boolean;
} {
  return {
    type,
    ...(short !== undefined && { short }),
    ...(multiple !== undefined && { multiple }),
  };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

function checkOption(
  command: Command,
  options: Readonly<Record<string, CommandOption>>,
  { name, rawName, value }: OptionToken,
): void {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) {
    const names = Object.keys(options);
    const guess = nearest(name, names);
    const known = names.map((known) => `--${known}`).join(', ');
    const hint = guess === undefined ? `known are ${known}` : `did you mean --${guess}?`;
    throw usage(command, `unknown option ${rawName.slice(0, 64)}, ${hint}`);
  }
  if (option.type === 'string' && (value === undefined || value === '')) {
    throw usage(command, `expected ${rawName} to have a value, ${rawName} ${option.value ?? '…'}`);
  }
  if (option.type === 'boolean' && value !== undefined) {
    throw usage(command, `expected ${rawName} to stand alone, got a value`);
  }
}

function checkCount(command: Command, positionals: readonly string[]): void {
  const wanted = command.arguments;
  const least = wanted.filter((word) => word.startsWith('<')).length;
  const most = wanted.some((word) => word.includes('...')) ? Infinity : wanted.length;
  if (positionals.length >= least && positionals.length <= most) return;
  const expected = wanted.length === 0 ? 'no arguments' : wanted.join(' ');
  const got = positionals.length === 0 ? 'none' : String(positionals.length);
  throw usage(command, `expected ${expected}, got ${got}`);
}

function usage({ name }: Command, problem: string): Error {
  return new cliErrors.USAGE(`catzilla ${name}: ${problem}; see catzilla ${name} --help`);
}

/** An option's text, or undefined.
 * @param name  of an option of type string */
export function textOption({ values }: CommandArgs, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** An option's number, read strictly.
 * @param text     what was written
 * @param where    for the message: `--port`, or a variable's name
 * @param range.min, range.max  inclusive; only whole numbers
 * @throws CATZ_CLI_USAGE */
export function wholeNumber(
  text: string,
  where: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  const got = JSON.stringify(text.slice(0, 40));
  throw new cliErrors.USAGE(`expected ${where} to be a whole number ${range}, got ${got}`);
}
