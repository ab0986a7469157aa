import { describe, expect, it } from 'vitest';
import type { Environment, Output } from '../../src/cli/command.ts';
import { paintFor, table, visible } from '../../src/cli/table.ts';

const plain: Output = { write: () => true };
const tty: Output = { ...plain, isTTY: true };

describe('table', () => {
  it('puts cells into columns, numbers at the right', () => {
    const rows = [
      ['/a', '12', 'x'],
      ['/longer', '3', ''],
    ];
    expect(table(rows, { head: ['url', 'hits', 'tag'], right: [1] })).toBe(
      'url      hits  tag\n/a         12  x\n/longer     3\n',
    );
    expect(table([])).toBe('');
  });

  it('lines up cells with styles, and with characters of several code points', () => {
    const paint = paintFor(tty, {});
    const text = table(
      [
        [paint.red('ab'), 'c'],
        ['é👨‍👩‍👧', 'd'],
      ],
      { head: ['h', 'i'], paint },
    );
    const [head, ...lines] = text.split('\n');
    expect(head).toBe('\x1b[1mh\x1b[22m   \x1b[1mi\x1b[22m');
    expect(lines).toStrictEqual(['\x1b[31mab\x1b[39m  c', 'é👨‍👩‍👧  d', '']);
  });
});

describe('paintFor', () => {
  it('paints on a terminal', () => {
    const { bold, dim, red, green, yellow } = paintFor(tty, {});
    expect([bold('a'), dim('a'), red('a'), green('a'), yellow('a')]).toStrictEqual([
      '\x1b[1ma\x1b[22m',
      '\x1b[2ma\x1b[22m',
      '\x1b[31ma\x1b[39m',
      '\x1b[32ma\x1b[39m',
      '\x1b[33ma\x1b[39m',
    ]);
  });

  it.each<[Output, Environment]>([
    [plain, {}],
    [{ ...plain, isTTY: false }, {}],
    [tty, { NO_COLOR: '1' }],
    [tty, { TERM: 'dumb' }],
  ])('does not elsewhere: %o, %o', (output, env) => {
    expect(paintFor(output, env).red('a')).toBe('a');
  });

  it('does with an empty NO_COLOR', () => {
    expect(paintFor(tty, { NO_COLOR: '' }).red('a')).toBe('\x1b[31ma\x1b[39m');
  });
});

describe('visible', () => {
  it('spells out what would move the cursor, paint, or turn the text', () => {
    expect(visible('/a\x1b[31m\r\n\x07\x9b\u202e\u200f\x7fé😀')).toBe(
      '/a\\x1b[31m\\x0d\\x0a\\x07\\x9b\\u202e\\u200f\\x7fé😀',
    );
  });
});
