// catzilla dev: an application while it is written: it starts anew on each change, on the same port.
import { relative, resolve } from 'node:path';
import type { ControlServer } from '../../control/server.ts';
import type { DevEvent, DevServer } from '../../dev/dev-server.ts';
import { textOptions } from '../cache/action.ts';
import { OK } from '../command.ts';
import type { Command, CommandContext } from '../command.ts';
import { CONTROL_OPTIONS, socketOption } from '../control-options.ts';
import { PLACE_OPTIONS, placeOf } from '../place.ts';
import { paintFor, visible } from '../table.ts';

/** The command. */
export const dev: Command = devCommand();

/** Makes the command.
 * @param entry  the module that runs in the application's process. Default: ours */
export function devCommand(entry?: URL): Command {
  return {
    name: 'dev',
    summary: 'serve an application while it is written: restarts on each change',
    arguments: ['<app>'],
    options: {
      ...PLACE_OPTIONS,
      watch: {
        type: 'string',
        multiple: true,
        value: '<path>',
        summary: 'restart on a change of this file, or of anything in this folder, too',
      },
      'raw-logs': { type: 'boolean', summary: 'print log lines as they are, without pino-pretty' },
      ...CONTROL_OPTIONS,
    },
    notes: [
      'Watched are <app> and every file it imports, but node_modules. TypeScript runs by tsx where that is installed,',
      'else by Node from 22.18 on. A start that fails is told, and waits for the next change. Ctrl-C ends it.',
      'Example: catzilla dev app.ts --port 8080 --watch views',
    ],
    ownsSignals: true,
    run: (context) => runDev(context, entry),
  };
}

async function runDev(context: CommandContext, entry: URL | undefined): Promise<number> {
  const { args, cwd, env, stdout, stderr, json } = context;
  const dev = await import('../../dev/dev-server.ts');
  const { execArgvFor } = await import('../dev/typescript.ts');
  const { logPrinter } = await import('../dev/log-printer.ts');
  const file = resolve(cwd, args.positionals[0]!);
  const colours = paintFor(stdout, env).bold('') !== '';
  const isPlain = json || args.values['raw-logs'] === true;
  const server = new dev.DevServer({
    file,
    ...placeOf(context),
    ...(entry && { entry }),
    execArgv: execArgvFor(file),
    env: { NODE_ENV: 'development', ...(colours && { FORCE_COLOR: '1' }), ...env },
    watch: textOptions(args, 'watch').map((path) => resolve(cwd, path)),
    onStdout: await logPrinter(stdout, file, { isPlain, colours }),
    onStderr: (chunk) => void stderr.write(chunk),
    onEvent: (event) => print(context, event),
  });
  const control = await openControlOf(context, file, server);
  const stop = (): void => server.stop();
  for (const signal of SIGNALS) context.signals.on(signal, stop);
  try {
    await server.run();
    return OK;
  } finally {
    for (const signal of SIGNALS) context.signals.off(signal, stop);
    await control?.close();
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

async function openControlOf(
  context: CommandContext,
  file: string,
  server: DevServer,
): Promise<ControlServer | undefined> {
  if (context.args.values['no-control'] === true) return undefined;
  const { openThreadControl } = await import('../../threads/control.ts');
  return openThreadControl(server, {
    file,
    socket: socketOption(context),
    env: context.env,
    log: { warn: (message) => void context.stderr.write(`catzilla: ${message}\n`) },
    mode: 'dev',
    address: () => server.address,
  });
}

function print(context: CommandContext, event: DevEvent): void {
  const { stdout, json } = context;
  if (json) {
    stdout.write(`${JSON.stringify(plain(event))}\n`);
    return;
  }
  stdout.write(`${text(context, event)}\n`);
}

function plain(event: DevEvent): object {
  if (event.event !== 'failed') return event;
  const { message, code } = event.error as NodeJS.ErrnoException;
  return { event: 'failed', error: { code: code ?? null, message } };
}

function text({ stdout, env, cwd }: CommandContext, event: DevEvent): string {
  const { bold, dim, red, green } = paintFor(stdout, env);
  const name = dim('catzilla');
  switch (event.event) {
    case 'listening': {
      const at = `${name} ${green('listening')} at ${bold(event.address)} ${dim(`(${event.ms} ms)`)}`;
      if (event.dashboard === false) return at;
      return `${at}\n${name} dashboard at ${bold(event.address + event.dashboard)}`;
    }
    case 'changed': {
      const [first = '', ...others] = event.files.map((file) => visible(relative(cwd, file)));
      const more = others.length === 0 ? '' : ` and ${others.length} more`;
      return `${name} ${first}${more} changed: restarting`;
    }
    case 'ended':
      return `${name} ${red(`ended with ${event.code}`)}: waiting for a change`;
    default:
      return `${name} ${red('did not start')}: ${visible(firstLine(event.error))}\n${name} waiting for a change`;
  }
}

// Its own process has told the rest.
function firstLine({ message }: Error): string {
  return message.split('\n', 1)[0]!;
}
