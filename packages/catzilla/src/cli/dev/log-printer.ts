// Prints what an application writes: lines of its log by pino-pretty where that is installed, everything else as it is.
import { StringDecoder } from 'node:string_decoder';
import { pathToFileURL } from 'node:url';
import type { Output } from '../command.ts';
import { findPeer } from '../doctor/peers.ts';

type Format = (line: string) => string | undefined;

/** What is used of pino-pretty. */
interface PinoPretty {
  readonly prettyFactory: (options: object) => Format;
}

/** How to print. */
export interface PrinterOptions {
  /** Lines are to stay as they are. */
  readonly isPlain: boolean;
  /** The output shows colours. */
  readonly colours: boolean;
  /** Where packages are. */
  readonly find?: typeof findPeer;
}

/** Makes a printer.
 * @param file  absolute path of the application: pino-pretty may be installed beside it */
export async function logPrinter(
  output: Output,
  file: string,
  { isPlain, colours, find = findPeer }: PrinterOptions,
): Promise<(chunk: Buffer) => void> {
  const path = isPlain ? undefined : find('pino-pretty', file);
  const format = path === undefined ? undefined : await prettyFormat(path, colours);
  if (format === undefined) return (chunk) => void output.write(chunk);
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return (chunk) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop()!;
    for (const line of lines)
      output.write(line.startsWith('{') ? (format(line) ?? '') : `${line}\n`);
  };
}

async function prettyFormat(path: string, colours: boolean): Promise<Format> {
  const { default: pretty } = (await import(pathToFileURL(path).href)) as { default: PinoPretty };
  return pretty.prettyFactory({
    colorize: colours,
    colorizeObjects: colours,
    ignore: 'pid,hostname',
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
  });
}
