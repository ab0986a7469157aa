// What a command found, on stdout: for a program with --json, else for a person. What goes to stdout ends with a line.
import type { Output } from './command.ts';

/** Writes one result: a line of JSON with `--json`, else what `text` makes of it. */
export function printResult(
  { stdout, json }: { readonly stdout: Output; readonly json: boolean },
  result: unknown,
  text: () => string,
): void {
  stdout.write(json ? `${JSON.stringify(result)}\n` : ensureLine(text()));
}

function ensureLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
