// The command line's end of a control socket: one connection, one question after the other.
// Invariant: whoever waits for an answer hears of the end of the connection; nothing is left open after close().
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { cliErrors } from '../errors.ts';
import { lineOf, lineReader, MAX_REPLY_BYTES, VERSION } from './protocol.ts';
import type { ControlReply } from './protocol.ts';

interface Wait {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A connection to a running program. */
export class ControlClient implements AsyncDisposable {
  readonly path: string;
  readonly #socket: Socket;
  readonly #waits: Map<number, Wait> = new Map();
  #last = 0;
  #end: Error | undefined;

  private constructor(path: string, socket: Socket) {
    this.path = path;
    this.#socket = socket;
    const read = lineReader(MAX_REPLY_BYTES, (line) => this.#hear(line));
    socket.on('data', (chunk: Buffer) => {
      if (!read(chunk)) this.#fail('its answer is too long');
    });
    socket.on('error', (error) => this.#fail(error.message));
    socket.on('close', () => this.#fail('it has ended the connection'));
  }

  /** Connects to a socket.
   * @throws CATZ_CLI_CONTROL where nobody listens there */
  static async open(path: string): Promise<ControlClient> {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
    } catch (cause) {
      socket.destroy();
      throw new cliErrors.CONTROL(`nobody answers at ${path}`, { cause });
    }
    return new ControlClient(path, socket);
  }

  /** Asks.
   * @param options.signal   ends the wait, and the connection
   * @param options.timeout  ms
   * @throws the error of the program, with its code; CATZ_CLI_CONTROL where no answer came */
  async ask(
    command: string,
    args: unknown,
    { signal, timeout }: { readonly signal?: AbortSignal; readonly timeout: number },
  ): Promise<unknown> {
    if (this.#end !== undefined) throw this.#end;
    const id = ++this.#last;
    const stop = (): void => this.#fail('the wait for it was ended');
    const timer = setTimeout(() => this.#fail(`no answer within ${timeout} ms`), timeout);
    signal?.addEventListener('abort', stop);
    try {
      return await new Promise((resolve, reject) => {
        this.#waits.set(id, { resolve, reject });
        this.#socket.write(lineOf({ v: VERSION, id, command, args }));
        if (signal?.aborted === true) stop();
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      this.#waits.delete(id);
    }
  }

  /** Ends the connection. Idempotent. */
  close(): void {
    this.#fail('the connection was closed');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #hear(line: string): void {
    let reply: ControlReply;
    try {
      reply = JSON.parse(line) as ControlReply;
    } catch {
      return this.#fail('its answer is no JSON');
    }
    if (reply.id === null)
      return this.#fail(reply.ok ? 'its answer has no id' : reply.error.message);
    const wait = this.#waits.get(reply.id);
    if (wait === undefined) return;
    if (reply.ok) wait.resolve(reply.result);
    else wait.reject(remoteError(reply.error));
  }

  #fail(why: string): void {
    this.#end ??= new cliErrors.CONTROL(`the program at ${this.path} did not answer: ${why}`);
    this.#socket.destroy();
    for (const { reject } of this.#waits.values()) reject(this.#end);
    this.#waits.clear();
  }
}

// With the code it had there, so that a script can tell; ours where it had none.
function remoteError({ code, message }: { code?: string | undefined; message: string }): Error {
  if (code === undefined) return new cliErrors.CONTROL(`the program failed: ${message}`);
  return Object.assign(new Error(message), { code });
}
