// Lines of the control protocol.
import { describe, expect, it } from 'vitest';
import { lineReader, readRequest, VERSION } from '../../src/control/protocol.ts';

function reader(maxBytes = 100) {
  const lines: string[] = [];
  const read = lineReader(maxBytes, (line) => lines.push(line));
  return { lines, read: (text: string | Buffer) => read(Buffer.from(text as string)) };
}

describe('lineReader', () => {
  it('gives lines, however they are cut', () => {
    const text = '{"a":"é€𝄞"}\n{}\n\n{"b":1}\n';
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size++) {
      const { lines, read } = reader();
      for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size));
      expect(lines, `pieces of ${size}`).toStrictEqual(['{"a":"é€𝄞"}', '{}', '{"b":1}']);
    }
  });

  it('takes a line of the longest length, and none above it, complete or not', () => {
    const { lines, read } = reader(5);
    expect(read('12345\n')).toBe(true);
    expect(lines).toStrictEqual(['12345']);
    expect(reader(5).read('123456\n')).toBe(false);
    expect(reader(5).read('123456')).toBe(false);
    const slow = reader(5);
    expect([slow.read('123'), slow.read('456')]).toStrictEqual([true, false]);
  });

  it('counts each line by itself', () => {
    const { read, lines } = reader(3);
    expect(read('123\n123\n12')).toBe(true);
    expect(read('3\n')).toBe(true);
    expect(lines).toHaveLength(3);
  });
});

describe('readRequest', () => {
  it('reads a question', () => {
    const request = { v: VERSION, id: 1, command: 'info', args: { a: 1 } };
    expect(readRequest(JSON.stringify(request))).toStrictEqual(request);
  });

  it.each([
    ['{', 'JSON'],
    ['null', 'version 1'],
    ['{"v":2,"id":1,"command":"info"}', 'version 1'],
    ['{"v":1,"id":"1","command":"info"}', 'id'],
    ['{"v":1,"id":1}', 'command'],
  ])('refuses %s in words', (line, word) => {
    expect(readRequest(line)).toContain(word);
  });
});
