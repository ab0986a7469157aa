// catzilla start: an application in production, on one port, by any number of threads. The main thread takes the signals.
import { resolve } from 'node:path';
import { cliErrors } from '../../errors.ts';
import { FAILED, OK } from '../command.ts';
import type { Command, CommandContext, Signals } from '../command.ts';
import type { ControlServer } from '../../control/server.ts';
import type { ThreadControlOptions, Threads } from '../../threads/control.ts';
import { CONTROL_OPTIONS, socketOption } from '../control-options.ts';
import { textOption, wholeNumber } from '../parse.ts';
import { PLACE_OPTIONS, placeOf } from '../place.ts';

/** Most threads that may be asked for: more than any machine has cores is a typing error. */
const MOST_THREADS = 1024;
const LONGEST = 2_147_483_647;

/** Where and how to serve. */
interface Place {
  readonly host: string;
  readonly port: number;
  readonly threads: number | 'auto';
  readonly shutdownDelay: number | undefined;
}

/** The command. */
export const start: Command = startCommand();

/** Makes the command.
 * @param entry  the module that runs in the threads. Default: ours */
export function startCommand(entry?: URL): Command {
  return {
    name: 'start',
    summary: 'serve an application in production',
    arguments: ['<app>'],
    options: {
      ...PLACE_OPTIONS,
      threads: {
        type: 'string',
        short: 't',
        value: '<n>',
        summary: 'threads that serve, or auto: one for each core; default 1',
      },
      'shutdown-delay': {
        type: 'string',
        value: '<ms>',
        summary: 'how long to serve on after readiness went off; default: as the application says',
      },
      ...CONTROL_OPTIONS,
    },
    notes: [
      '<app> is a module whose default export is async (app, options) => void.',
      'SIGTERM and SIGINT drain and end it, a second one skips the wait; SIGHUP replaces the threads one by one.',
    ],
    ownsSignals: true,
    run: (context) => serve(context, entry),
  };
}

async function serve(context: CommandContext, entry: URL | undefined): Promise<number> {
  const place = placeAndThreads(context);
  const file = resolve(context.cwd, context.args.positionals[0]!);
  const { makeLog } = await import('../../threads/log.ts');
  const { Supervisor } = await import('../../threads/supervisor.ts');
  const env = { ...context.env, NODE_ENV: context.env['NODE_ENV'] ?? 'production' };
  const log = makeLog(context.stdout);
  const supervisor = new Supervisor({ file, ...place, env, log, ...(entry && { entry }) });
  const ignore = takeSignals(context.signals, {
    stop: (signal) => supervisor.stop(signal),
    reload: () => void supervisor.reload(),
  });
  let address: string | undefined;
  let control: ControlServer | undefined;
  try {
    control = await openControl(context, supervisor, { file, log, address: () => address });
    address = (await supervisor.start())?.address;
    return (await supervisor.ended) ? OK : FAILED;
  } finally {
    await control?.close();
    ignore();
  }
}

async function openControl(
  context: CommandContext,
  threads: Threads,
  about: Pick<ThreadControlOptions, 'file' | 'log' | 'address'>,
): Promise<ControlServer | undefined> {
  const { args, env } = context;
  if (args.values['no-control'] === true) return undefined;
  const { openThreadControl } = await import('../../threads/control.ts');
  const socket = socketOption(context);
  return openThreadControl(threads, { ...about, socket, env, mode: 'start' });
}

function placeAndThreads(context: CommandContext): Place {
  const { args } = context;
  const threads = textOption(args, 'threads');
  const delay = textOption(args, 'shutdown-delay');
  return {
    ...placeOf(context),
    threads: threads === undefined ? 1 : threadsOf(threads),
    shutdownDelay:
      delay === undefined
        ? undefined
        : wholeNumber(delay, '--shutdown-delay', { min: 0, max: LONGEST }),
  };
}

function threadsOf(text: string): number | 'auto' {
  if (text === 'auto') return text;
  try {
    return wholeNumber(text, '--threads', { min: 1, max: MOST_THREADS });
  } catch (error) {
    throw new cliErrors.USAGE(`${(error as Error).message}; or auto`);
  }
}

/** @returns ends the listening */
function takeSignals(
  signals: Signals,
  { stop, reload }: { readonly stop: (signal: string) => void; readonly reload: () => void },
): () => void {
  const listeners = [
    ['SIGTERM', () => stop('SIGTERM')],
    ['SIGINT', () => stop('SIGINT')],
    ['SIGHUP', reload],
  ] as const;
  for (const [signal, listener] of listeners) signals.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) signals.off(signal, listener);
  };
}
