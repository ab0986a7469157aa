import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeEvent, EVENT_STREAM } from '../src/event-stream.ts';

describe('encodeEvent', () => {
  it('writes each field on its line, and an empty line', () => {
    expect(encodeEvent({ id: '7', event: 'price', data: '{"eur":12}' })).toBe(
      'id: 7\nevent: price\ndata: {"eur":12}\n\n',
    );
    expect(encodeEvent({ retry: 2500.9, comment: 'closing' })).toBe(': closing\nretry: 2500\n\n');
    expect(encodeEvent({})).toBe('');
    expect(EVENT_STREAM).toBe('text/event-stream');
  });

  it('splits data at CRLF, LF and CR', () => {
    expect(encodeEvent({ data: 'a\r\nb\nc\rd' })).toBe('data: a\ndata: b\ndata: c\ndata: d\n\n');
    expect(encodeEvent({ data: '' })).toBe('data: \n\n');
    expect(encodeEvent({ comment: 'a\rid: 9' })).toBe(': a\n: id: 9\n\n');
  });

  it('leaves line ends and NUL out of id and event', () => {
    expect(encodeEvent({ id: '1\nid: 2\r\0', event: 'a\r\n\r\ndata: x' })).toBe(
      'id: 1id: 2\nevent: adata: x\n\n',
    );
  });

  it('leaves out a retry that is no time', () => {
    for (const retry of [-1, NaN, Infinity]) expect(encodeEvent({ retry })).toBe('');
    expect(encodeEvent({ retry: 0 })).toBe('retry: 0\n\n');
  });

  it('is read by a parser of the standard as exactly one event, whatever it holds', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ':', ' ', '\n', '\r', '\0', 'id: 1', 'data: x', 'é', '\n\n'),
      maxLength: 12,
    });
    fc.assert(
      fc.property(text, text, text, text, (id, event, data, comment) => {
        const heard = parse(
          encodeEvent({ id, event, data, comment }) + encodeEvent({ data: 'end' }),
        );
        const oneLine = (value: string): string => value.replaceAll(/[\r\n\0]/g, '');
        expect(heard).toEqual([
          {
            id: oneLine(id),
            event: oneLine(event) || 'message',
            data: data.replaceAll(/\r\n|\r/g, '\n'),
          },
          { id: oneLine(id), event: 'message', data: 'end' },
        ]);
      }),
    );
  });
});

// HTML standard 9.2.6, as it is written there.
function parse(stream: string): { id: string; event: string; data: string }[] {
  const heard: { id: string; event: string; data: string }[] = [];
  let [id, event, data] = ['', '', ''];
  for (const line of stream.split(/\r\n|\n|\r/)) {
    if (line === '') {
      if (data !== '') heard.push({ id, event: event || 'message', data: data.replace(/\n$/, '') });
      [event, data] = ['', ''];
      continue;
    }
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    else if (field === 'data') data += `${value}\n`;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
  return heard;
}
