// Where a server is to listen: what was written wins over the environment, where an empty variable is none.
import type { CommandContext, CommandOption } from './command.ts';
import { textOption, wholeNumber } from './parse.ts';

/** Options of commands that listen. */
export const PLACE_OPTIONS: Readonly<Record<'port' | 'host', CommandOption>> = {
  port: {
    type: 'string',
    short: 'p',
    value: '<n>',
    summary: 'port; default PORT, or 3000; 0 lets the system choose',
  },
  host: {
    type: 'string',
    value: '<name>',
    summary: 'address to listen at; default HOST, or 127.0.0.1',
  },
};

/** Reads them.
 * @throws CATZ_CLI_USAGE */
export function placeOf({ args, env }: CommandContext): {
  readonly host: string;
  readonly port: number;
} {
  const written = textOption(args, 'port');
  const port = written ?? (env['PORT'] || undefined);
  const name = written === undefined ? 'PORT' : '--port';
  return {
    host: textOption(args, 'host') ?? (env['HOST'] || '127.0.0.1'),
    port: port === undefined ? 3000 : wholeNumber(port, name, { min: 0, max: 65_535 }),
  };
}
