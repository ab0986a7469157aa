// Options of the commands that open a control socket.
import { resolve } from 'node:path';
import type { CommandContext, CommandOption } from './command.ts';
import { textOption } from './parse.ts';

/** For `options` of a command. */
export const CONTROL_OPTIONS: Readonly<Record<'socket' | 'no-control', CommandOption>> = {
  socket: {
    type: 'string',
    value: '<path>',
    summary: 'where its control socket is to be; default: a place that catzilla cache finds',
  },
  'no-control': { type: 'boolean', summary: 'open no control socket' },
};

/** The socket that was named, absolute. */
export function socketOption({ args, cwd }: CommandContext): string | undefined {
  const socket = textOption(args, 'socket');
  return socket === undefined ? undefined : resolve(cwd, socket);
}
