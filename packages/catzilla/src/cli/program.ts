// Which running program a command means: the one of an application file, of a socket, or the only one there is.
// Invariant: where several could be meant, none is taken.
import { resolve } from 'node:path';
import { ControlClient } from '../control/client.ts';
import { socketPath, socketPaths } from '../control/path.ts';
import { removeOld } from '../control/server.ts';
import { cliErrors } from '../errors.ts';
import type { CommandContext, CommandOption } from './command.ts';
import { textOption } from './parse.ts';
import { visible } from './table.ts';

/** Options of every command that asks a running program. */
export const PROGRAM_OPTIONS: Readonly<Record<'app' | 'socket', CommandOption>> = {
  app: {
    type: 'string',
    value: '<file>',
    summary: 'application file of the running program; default: the only one that runs',
  },
  socket: { type: 'string', value: '<path>', summary: 'control socket of the running program' },
};

/** What a program says of itself. */
export interface ProgramInfo {
  readonly pid: number;
  readonly file: string;
  /** 'start', 'dev', or 'program': its own main. */
  readonly mode: string;
  readonly threads: number;
  readonly address?: string;
}

/** How long the shortest of answers may take, ms. */
export const QUICK = 10_000;

/** Connects to the program that is meant. Close it.
 * @throws CATZ_CLI_CONTROL where there is none, or more than one; CATZ_CLI_SOCKET */
export async function connectProgram(context: CommandContext): Promise<ControlClient> {
  const { args, cwd, env } = context;
  const socket = textOption(args, 'socket');
  if (socket !== undefined) return ControlClient.open(resolve(cwd, socket));
  const app = textOption(args, 'app');
  if (app !== undefined) return openOf(app, await socketPath(resolve(cwd, app), env));
  const clients = await openAll(await socketPaths(env));
  const [first, ...others] = clients;
  if (first === undefined) {
    throw new cliErrors.CONTROL(
      'no program runs here that could be asked; start one with catzilla start, or name its socket with --socket',
    );
  }
  if (others.length === 0) return first;
  const files = await Promise.all(clients.map(fileOf));
  for (const client of clients) client.close();
  throw new cliErrors.CONTROL(`several programs run, name one with --app: ${files.join(', ')}`);
}

/** Asks what it is. */
export async function programInfo(client: ControlClient): Promise<ProgramInfo> {
  return (await client.ask('info', {}, { timeout: QUICK })) as ProgramInfo;
}

/** One line about it. */
export function programText({ file, pid, threads, address, mode }: ProgramInfo): string {
  const where = address === undefined ? '' : ` at ${address}`;
  const many = threads === 1 ? '' : `, ${threads} threads`;
  return `${visible(file)}${where} (${mode}, pid ${pid}${many})`;
}

async function openOf(app: string, path: string): Promise<ControlClient> {
  try {
    return await ControlClient.open(path);
  } catch (cause) {
    throw new cliErrors.CONTROL(`no program of ${app} runs here`, { cause });
  }
}

async function openAll(paths: readonly string[]): Promise<readonly ControlClient[]> {
  const opened = await Promise.all(paths.map(openIfThere));
  return opened.filter((client) => client !== undefined);
}

// Programs that were killed leave their sockets behind, which go here.
async function openIfThere(path: string): Promise<ControlClient | undefined> {
  try {
    return await ControlClient.open(path);
  } catch (error) {
    const { code } = (error as Error).cause as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED') await removeOld(path);
    return undefined;
  }
}

async function fileOf(client: ControlClient): Promise<string> {
  try {
    return visible((await programInfo(client)).file);
  } catch {
    return visible(client.path); // it ends just now, or its loop is blocked
  }
}
