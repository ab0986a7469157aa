// Plain text for terminals: columns that line up, and colours where a person looks.
// Invariant: text of others (URLs, keys, tags) never moves the cursor or changes a colour: control characters are shown as
// `\x1b`. Colours are written on a terminal only, and not with NO_COLOR (no-color.org).
import { stripVTControlCharacters } from 'node:util';
import type { Environment, Output } from './command.ts';

/** Puts a text into a style, or leaves it as it is. */
type Style = (text: string) => string;

/** Styles for one output. */
export interface Paint {
  readonly bold: Style;
  readonly dim: Style;
  readonly red: Style;
  readonly green: Style;
  readonly yellow: Style;
}

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
} as const;

/** The styles an output can show: on a terminal escape sequences, elsewhere none. */
export function paintFor(output: Output, env: Environment): Paint {
  // Set to anything but nothing, it asks for no colours.
  const isColoured = output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const style = ([on, off]: readonly [number, number]): Style =>
    isColoured ? (text) => `\x1b[${on}m${text}\x1b[${off}m` : (text) => text;
  return {
    bold: style(CODES.bold),
    dim: style(CODES.dim),
    red: style(CODES.red),
    green: style(CODES.green),
    yellow: style(CODES.yellow),
  };
}

/** Control characters, and those that turn the direction of writing. */
const UNSEEN = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const graphemes = new Intl.Segmenter();

/** How a table looks. */
export interface TableOptions {
  /** Names of the columns, for a line above. Default: none. */
  readonly head?: readonly string[];
  /** Columns to align at the right: numbers. Default: none. */
  readonly right?: readonly number[];
  /** For the head. Default: no styles. */
  readonly paint?: Pick<Paint, 'bold'>;
}

/** Lines with cells in columns, two blanks apart; each ends with a line feed. Cells may hold styles of Paint, and hold text of
 * others only by way of `visible`.
 * @example table([['/a', '12'], ['/long', '3']], { head: ['url', 'hits'], right: [1] }) */
export function table(
  rows: readonly (readonly string[])[],
  { head, right = [], paint }: TableOptions = {},
): string {
  const bold = paint?.bold ?? ((text: string) => text);
  const lines = head === undefined ? rows : [head.map((name) => bold(name)), ...rows];
  const widths: number[] = [];
  for (const cells of lines) {
    cells.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, width(cell));
    });
  }
  return lines.map((cells) => `${lineOf(cells, widths, right)}\n`).join('');
}

/** Text of others, with its control characters spelled out. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, (sign) => {
    const code = sign.codePointAt(0)!.toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

function lineOf(
  cells: readonly string[],
  widths: readonly number[],
  right: readonly number[],
): string {
  const padded = cells.map((cell, i) => {
    const blanks = ' '.repeat(widths[i]! - width(cell));
    return right.includes(i) ? blanks + cell : cell + blanks;
  });
  return padded.join('  ').trimEnd();
}

// By graphemes: right for all but wide characters, which cost a crooked line.
function width(cell: string): number {
  return [...graphemes.segment(stripVTControlCharacters(cell))].length;
}
