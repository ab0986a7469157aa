// The program's end of a control socket: takes clients, reads their questions, and has a handler answer them.
// Invariant: it keeps no process alive, and no client can harm it: lines, clients and waiting questions are bounded. A socket
// file that nobody listens at is taken over, one that somebody listens at is never touched.
import { once } from 'node:events';
import { lstat, unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { cliErrors } from '../errors.ts';
import { checkLength } from './path.ts';
import { lineOf, lineReader, MAX_REQUEST_BYTES, readRequest, VERSION } from './protocol.ts';
import type { ControlError, ControlHandler, ControlReply } from './protocol.ts';

/** Clients at a time; another one is turned away. */
const MAX_CLIENTS = 16;
/** Questions of one client that wait for their turn. */
const MAX_WAITING = 32;
/** Age up to which a socket file is left alone though nobody listens at it, ms. */
const NEW = 10_000;

/** A control socket that is open. */
export interface ControlServer extends AsyncDisposable {
  /** Where it is. */
  readonly path: string;
  /** Ends it with its clients, and removes its file. Idempotent. */
  close(): Promise<void>;
}

/** Opens a control socket.
 * @param path    of a socket file, or the name of a pipe
 * @param handle  answers; questions of one client one after the other
 * @throws CATZ_CLI_SOCKET where another program listens there, or nobody can */
export async function openControl(path: string, handle: ControlHandler): Promise<ControlServer> {
  checkLength(path);
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    socket.unref();
    clients.add(socket);
    socket.once('close', () => clients.delete(socket));
    serveClient(socket, handle);
  });
  server.maxConnections = MAX_CLIENTS;
  try {
    await listen(server, path);
  } catch (cause) {
    throw new cliErrors.SOCKET(path, reasonOf(cause), { cause });
  }
  server.unref();
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of clients) socket.destroy();
    });
    return closed;
  };
  return { path, close, [Symbol.asyncDispose]: close };
}

async function listen(server: Server, path: string): Promise<void> {
  try {
    await listenOnce(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (!(await isLeftBehind(path))) throw error;
    await unlink(path);
    await listenOnce(server, path);
  }
}

async function listenOnce(server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening');
  server.listen(path);
  await listening;
}

/** Removes the socket of a program that is gone. One that is new may be of a program that is just about to listen. */
export async function removeOld(path: string): Promise<void> {
  try {
    const found = await lstat(path);
    if (found.isSocket() && Date.now() - found.mtimeMs > NEW) await unlink(path);
  } catch (error) {
    // Another has been faster.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Whether a socket file has nobody behind it. */
async function isLeftBehind(path: string): Promise<boolean> {
  if (process.platform === 'win32') return false;
  if (!(await lstat(path)).isSocket()) return false;
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'EADDRINUSE' ? 'another program has it, or it is no socket' : message;
}

function serveClient(socket: Socket, handle: ControlHandler): void {
  let turn = Promise.resolve();
  let waiting = 0;
  const reply = (message: ControlReply): void => {
    if (!socket.destroyed) socket.write(lineOf(message));
  };
  const refuse = (message: string): void => {
    reply({ v: VERSION, id: null, ok: false, error: { code: undefined, message } });
    socket.end();
  };
  const take = (line: string): void => {
    const request = readRequest(line);
    if (typeof request === 'string') return refuse(request);
    if (++waiting > MAX_WAITING) return refuse(`expected at most ${MAX_WAITING} questions at once`);
    turn = turn.then(async () => {
      // Of a client that has gone, nothing is done any more.
      if (!socket.destroyed)
        reply(await answer(request.id, () => handle(request.command, request.args)));
      waiting--;
    });
  };
  const read = lineReader(MAX_REQUEST_BYTES, take);
  socket.on('data', (chunk: Buffer) => {
    if (read(chunk)) return;
    socket.pause();
    refuse(`expected a line of at most ${MAX_REQUEST_BYTES} bytes`);
  });
  // A client that goes away is no fault; 'close' follows.
  socket.on('error', () => socket.destroy());
}

async function answer(id: number, run: () => Promise<unknown>): Promise<ControlReply> {
  try {
    return { v: VERSION, id, ok: true, result: (await run()) ?? null };
  } catch (error) {
    return { v: VERSION, id, ok: false, error: controlError(error) };
  }
}

function controlError(error: unknown): ControlError {
  if (!(error instanceof Error))
    return { code: undefined, message: 'something that is no error was thrown' };
  const { code } = error as { code?: unknown };
  return { code: typeof code === 'string' ? code : undefined, message: error.message };
}
