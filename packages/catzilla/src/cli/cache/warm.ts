// catzilla cache warm: has a running program request URLs, so that their answers are stored.
// Invariant: the list is sent in small parts, so that progress is seen and Ctrl-C ends it soon; and so small that the program answers
// in time, though every URL of a part takes all of the time it has.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { MAX_WARM_TIMEOUT } from '../../control/commands.ts';
import { cliErrors } from '../../errors.ts';
import { FAILED, OK } from '../command.ts';
import type { CommandArgs, CommandContext } from '../command.ts';
import { textOption, wholeNumber } from '../parse.ts';
import { connectProgram, programInfo } from '../program.ts';
import { printResult } from '../print.ts';
import { paintFor, table, visible } from '../table.ts';
import { misuse } from './action.ts';
import type { CacheAction } from './action.ts';

/** A row of app.cache.warm(), as it comes over the socket. */
interface Row {
  readonly url: string;
  readonly status: number;
  readonly stored: boolean;
  readonly reason?: string;
  readonly ms: number;
}

/** ms for a part. */
const PATIENCE = 600_000;
/** ms for one URL. */
const TIMEOUT = 30_000;
const CONCURRENCY = 4;
/** Most rounds of requests in one part. */
const ROUNDS = 4;
/** URLs shown that were not stored. */
const MOST_SHOWN = 20;

export const warm: CacheAction = {
  options: ['host', 'concurrency', 'timeout'],
  operands: ['<urls.txt>'],
  async run(context, [file = '']) {
    const { args, signal } = context;
    const concurrency = numberOf(args, 'concurrency', 256, CONCURRENCY);
    const timeout = numberOf(args, 'timeout', MAX_WARM_TIMEOUT, TIMEOUT);
    const urls = await readUrls(context, file);
    await using client = await connectProgram(context);
    const host = textOption(args, 'host') ?? hostOf((await programInfo(client)).address);
    const rows: Row[] = [];
    const how = { concurrency, timeout, ...(host && { host }) };
    const rounds = Math.min(ROUNDS, Math.floor(MAX_WARM_TIMEOUT / timeout));
    const size = concurrency * rounds;
    for (let at = 0; at < urls.length && !signal.aborted; at += size) {
      const part = { urls: urls.slice(at, at + size), ...how };
      const patience = { signal, timeout: PATIENCE };
      rows.push(...((await client.ask('cache.warm', part, patience)) as Row[]));
      showProgress(context, rows.length, urls.length);
    }
    const stored = rows.filter((row) => row.stored).length;
    printResult(context, { stored, urls: urls.length, rows }, () =>
      warmText(context, rows, stored),
    );
    return stored === urls.length ? OK : FAILED;
  },
};

function numberOf(args: CommandArgs, name: string, max: number, fallback: number): number {
  const given = textOption(args, name);
  return given === undefined ? fallback : wholeNumber(given, `--${name}`, { min: 1, max });
}

async function readUrls(context: CommandContext, file: string): Promise<readonly string[]> {
  const lines = (await read(context, file)).split(/\r?\n/).map((line) => line.trim());
  const urls = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (urls.length === 0) throw new cliErrors.FILE(file, 'it has no URLs, one a line');
  return urls;
}

async function read({ cwd, openInput }: CommandContext, file: string): Promise<string> {
  if (file === '-') {
    const input = openInput?.();
    if (input === undefined) throw misuse('warm', 'expected something to be piped in');
    return text(input);
  }
  try {
    return await readFile(resolve(cwd, file), 'utf8');
  } catch (cause) {
    throw new cliErrors.FILE(file, (cause as Error).message, { cause });
  }
}

// The host that clients of this address send; else it is stored for one that nobody asks for.
function hostOf(address: string | undefined): string | undefined {
  return address === undefined ? undefined : new URL(address).host;
}

function showProgress({ stderr, json }: CommandContext, done: number, all: number): void {
  if (stderr.isTTY !== true || json) return;
  stderr.write(`\r${done} of ${all}${done === all ? '\n' : ''}`);
}

function warmText({ stdout, env }: CommandContext, rows: readonly Row[], stored: number): string {
  const paint = paintFor(stdout, env);
  const left = rows.filter((row) => !row.stored);
  const lines = left
    .slice(0, MOST_SHOWN)
    .map(({ url, status, reason }) => [visible(url), String(status), visible(reason ?? '')]);
  const head = ['not stored', 'status', 'why'];
  const more = left.length > MOST_SHOWN ? `and ${left.length - MOST_SHOWN} more\n` : '';
  const said = `stored ${stored} of ${rows.length}`;
  const summary = left.length === 0 ? paint.green(said) : paint.yellow(said);
  return left.length === 0 ? summary : `${summary}\n\n${table(lines, { head, paint })}${more}`;
}
