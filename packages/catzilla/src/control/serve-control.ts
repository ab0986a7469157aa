// serveControl(): the control socket of an application that its own program starts. `catzilla start` and `catzilla dev` open
// theirs themselves.
import type { FastifyInstance } from 'fastify';
import { processVariables } from '../options/mode.ts';
import { runControl } from './commands.ts';
import { gatherControl } from './gather.ts';
import { socketPath } from './path.ts';
import { openControl } from './server.ts';
import type { ControlServer } from './server.ts';

/** Options of serveControl(). */
export interface ServeControlOptions {
  /** File that names the application to `catzilla cache`. Default: the program's own, process.argv[1]. */
  readonly file?: string;
  /** Path of the socket. Default: by `file`, in a directory of the user's own. */
  readonly socket?: string;
}

/** Opens a control socket for an application, by which `catzilla cache` and others of the user's account can ask it. It is
 * closed with the application, and keeps no process alive.
 * @param app      an application of createApp(), or with the plugins catzilla or @catzilla/fastify-cache
 * @param options  see ServeControlOptions
 * @throws CATZ_CLI_SOCKET where another program has the socket, or its directory is not to be trusted
 * @example
 * await app.listen({ port: 3000 });
 * await serveControl(app); */
export async function serveControl(
  app: FastifyInstance,
  { file = process.argv[1] ?? 'node', socket }: ServeControlOptions = {},
): Promise<ControlServer> {
  const path = socket ?? (await socketPath(file, processVariables()));
  const info = (): object => ({
    pid: process.pid,
    file,
    mode: 'program',
    threads: 1,
    address: app.listeningOrigin,
  });
  const handle = gatherControl(info, () => [(command, args) => runControl(app, command, args)]);
  const server = await openControl(path, handle);
  // An application that listens takes no hooks any more; its server tells of its end all the same.
  app.server.once('close', () => void server.close());
  return server;
}
