// The command line: which command is meant, its arguments, its errors, its exit code.
// Invariant: every failure is one line on stderr (with --json a line of JSON); a stack is shown only for a fault of ours,
// an error without a code. What a command does is left to commands/.
import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { nearest } from '@catzilla/common';
import { cliErrors } from '../errors.ts';
import { FAILED, MISUSED, OK } from './command.ts';
import type { Command, CommandContext, Signals, Terminal } from './command.ts';
import { commands as ours } from './commands/index.ts';
import { commandHelp, programHelp } from './help.ts';
import { parseCommandLine } from './parse.ts';
import { paintFor } from './table.ts';

/** Runs a command line.
 * @param argv      what stands behind the program's name
 * @param terminal  where output goes and signals come from
 * @param commands  default: those of `catzilla`
 * @returns the exit code: 0 done, 1 failed, 2 a wrong command line, 128 + n ended by signal n. Never throws. */
export async function runCli(
  argv: readonly string[],
  terminal: Terminal,
  commands: readonly Command[] = ours,
): Promise<number> {
  const { stdout, stderr } = terminal;
  const [first, ...rest] = argv;
  const json = argv.includes('--json');
  try {
    if (first === '--version' || first === '-v') {
      stdout.write(`${await version()}\n`);
      return OK;
    }
    const wantsHelp = first === 'help' || first === '--help' || first === '-h';
    if (first === undefined || (wantsHelp && rest.length === 0)) {
      const out = first === undefined ? stderr : stdout;
      out.write(programHelp(commands, paintFor(out, terminal.env)));
      return first === undefined ? MISUSED : OK;
    }
    const command = find(commands, wantsHelp ? rest[0]! : first);
    if (wantsHelp || rest.includes('--help') || rest.includes('-h')) {
      stdout.write(commandHelp(command, paintFor(stdout, terminal.env)));
      return OK;
    }
    const { values, positionals } = parseCommandLine(command, rest);
    const context = { ...terminal, args: { values, positionals }, json };
    return await runCommand(command, context, terminal.signals);
  } catch (error) {
    stderr.write(failureText(error, json));
    return codeOf(error) === cliErrors.USAGE.code ? MISUSED : FAILED;
  }
}

/** The first signal aborts; a second one meets nobody, and ends the process as the system would. */
async function runCommand(
  command: Command,
  context: Omit<CommandContext, 'signal'>,
  signals: Signals,
): Promise<number> {
  const controller = new AbortController();
  const { signal } = controller;
  if (command.ownsSignals === true) return command.run({ ...context, signal });
  const stops = (['SIGINT', 'SIGTERM'] as const).map((name) => {
    const stop = (): void => {
      end();
      controller.abort(name);
    };
    signals.on(name, stop);
    return [name, stop] as const;
  });
  const end = (): void => {
    for (const [name, stop] of stops) signals.off(name, stop);
  };
  try {
    const code = await command.run({ ...context, signal });
    return signal.aborted ? interrupted(signal) : code;
  } catch (error) {
    if (signal.aborted) return interrupted(signal);
    throw error;
  } finally {
    end();
  }
}

function interrupted({ reason }: AbortSignal): number {
  return 128 + constants.signals[reason as 'SIGINT' | 'SIGTERM'];
}

function find(commands: readonly Command[], name: string): Command {
  const command = commands.find((known) => known.name === name);
  if (command !== undefined) return command;
  const names = commands.map((known) => known.name);
  const what = name.startsWith('-') ? 'option' : 'command';
  const guess = nearest(name, names);
  const hint = guess === undefined ? `known are ${names.join(', ')}` : `did you mean ${guess}?`;
  throw new cliErrors.USAGE(`unknown ${what} ${JSON.stringify(name.slice(0, 64))}, ${hint}`);
}

/** The package's version. */
async function version(): Promise<string> {
  const manifest = new URL('../../package.json', import.meta.url);
  return (JSON.parse(await readFile(manifest, 'utf8')) as { version: string }).version;
}

function failureText(error: unknown, json: boolean): string {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (json) return `${JSON.stringify({ error: { code: code ?? null, message } })}\n`;
  const stack = code === undefined && error instanceof Error ? error.stack : undefined;
  return `catzilla: ${stack ?? message}\n`;
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
