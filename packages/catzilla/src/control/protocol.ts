// What is said over a control socket: one line of JSON each way, `{ v, id, command, args }` and `{ v, id, ok, result | error }`.
// Invariant: a line is bounded on both sides, so that neither can fill the other's memory; a version that is not known is
// refused in words. Values are plain data; errors cross as code and message, never with a stack.
import { StringDecoder } from 'node:string_decoder';

/** Version of the protocol. Another one is refused. */
export const VERSION = 1;
/** Longest line a program reads: a question. Bytes. */
export const MAX_REQUEST_BYTES = 1_048_576;
/** Longest line a client reads: an answer. Bytes. */
export const MAX_REPLY_BYTES = 67_108_864;

/** A question. */
export interface ControlRequest {
  readonly v: number;
  /** Chosen by the client; the answer has it too. */
  readonly id: number;
  readonly command: string;
  readonly args: unknown;
}

/** An error that crosses the socket. */
export interface ControlError {
  readonly code: string | undefined;
  readonly message: string;
}

/** An answer. Its id is null where the question had none that could be read. */
export type ControlReply =
  | { readonly v: number; readonly id: number; readonly ok: true; readonly result: unknown }
  | {
      readonly v: number;
      readonly id: number | null;
      readonly ok: false;
      readonly error: ControlError;
    };

/** Does what a question asks, or throws.
 * @param args  unchecked */
export type ControlHandler = (command: string, args: unknown) => Promise<unknown>;

/** One line. */
export function lineOf(message: ControlRequest | ControlReply): string {
  return `${JSON.stringify(message)}\n`;
}

/** Reads a question.
 * @returns a sentence where the line is none */
export function readRequest(line: string): ControlRequest | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'expected a line of JSON';
  }
  const { v, id, command, args } = (value ?? {}) as Partial<Record<keyof ControlRequest, unknown>>;
  if (v !== VERSION) return `expected version ${VERSION} of the control protocol`;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return 'expected id to be an integer';
  if (typeof command !== 'string') return 'expected command to be a string';
  return { v, id, command, args };
}

/** Cuts a stream of bytes into lines.
 * @param maxBytes  of one line
 * @param take      called with each, without its line feed
 * @returns to be called with what comes; false: a line is too long, and nothing more is read */
export function lineReader(
  maxBytes: number,
  take: (line: string) => void,
): (chunk: Uint8Array) => boolean {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let bytes = 0;
  return (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      if (bytes + end - start > maxBytes) return false;
      parts.push(decoder.write(chunk.subarray(start, end) as Buffer));
      const line = parts.join('');
      parts = [];
      bytes = 0;
      start = end + 1;
      if (line.trim() !== '') take(line);
    }
    bytes += chunk.length - start;
    if (bytes > maxBytes) return false;
    parts.push(decoder.write(chunk.subarray(start) as Buffer));
    return true;
  };
}
