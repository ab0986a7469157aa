import { describe, expect, it } from 'vitest';
import { Delivery } from '../../src/delivery.ts';
import type { DeliveryFields } from '../../src/delivery.ts';
import { errors } from '../../src/errors.ts';
import { payloadOf } from '../../src/websocket/frame.ts';
import { answers, encodeDelivery, readRequest, refOf } from '../../src/websocket/protocol.ts';

function jsonOf(frame: Buffer): unknown {
  return JSON.parse(payloadOf(frame).toString());
}

function failureOf(text: string): unknown {
  try {
    readRequest(text);
  } catch (error) {
    return error;
  }
  throw new Error(`expected ${text} to be refused`);
}

describe('readRequest', () => {
  it('reads one channel as a list', () => {
    expect(readRequest('{"type":"subscribe","channel":"a","ref":7}')).toEqual({
      type: 'subscribe',
      channels: ['a'],
      after: undefined,
      ref: 7,
    });
  });

  it('names each channel once', () => {
    const text = '{"type":"subscribe","channels":["a","b","a"],"after":"1-2"}';
    expect(readRequest(text)).toMatchObject({ channels: ['a', 'b'], after: '1-2' });
    expect(readRequest('{"type":"unsubscribe","channels":["b","b"]}')).toEqual({
      type: 'unsubscribe',
      channels: ['b'],
      ref: undefined,
    });
  });

  it('reads what is published, null data too', () => {
    const text = '{"type":"publish","channel":"a","data":null,"event":"e","key":"k","ref":"r"}';
    const read = { type: 'publish', channel: 'a', data: null, event: 'e', key: 'k', ref: 'r' };
    expect(readRequest(text)).toEqual(read);
  });

  it('takes null for what is left out', () => {
    expect(readRequest('{"type":"subscribe","channel":"a","after":null}')).toMatchObject({
      after: undefined,
    });
  });

  it('reads a ping', () => {
    expect(readRequest('{"type":"ping","ref":1}')).toEqual({ type: 'ping', ref: 1 });
  });

  it.for([
    '',
    '{',
    'null',
    '1',
    '"subscribe"',
    '[]',
    '{}',
    '{"type":1}',
    '{"type":"toString"}',
    '{"type":"subscribe"}',
    '{"type":"subscribe","channel":1}',
    '{"type":"subscribe","channels":[]}',
    '{"type":"subscribe","channels":"a"}',
    '{"type":"subscribe","channels":["a",null]}',
    '{"type":"subscribe","channel":"a","after":1}',
    `{"type":"subscribe","channel":"a","after":"${'x'.repeat(1025)}"}`,
    `{"type":"subscribe","channels":${JSON.stringify(Array.from({ length: 1001 }, () => 'a'))}}`,
    '{"type":"publish","data":1}',
    '{"type":"publish","channel":"a"}',
    '{"type":"publish","channel":"a","data":1,"event":{}}',
    `{"type":"publish","channel":"a","data":1,"key":"${'x'.repeat(257)}"}`,
    '{"type":"ping","ref":{}}',
    `{"type":"ping","ref":"${'x'.repeat(65)}"}`,
  ])('refuses %s', (text) => {
    expect(failureOf(text)).toBeInstanceOf(errors.MESSAGE);
    expect(failureOf(text)).toMatchObject({ code: 'CATZ_REALTIME_MESSAGE' });
  });

  it.for([
    '{"type":"publish","channel":"a","data":{"__proto__":{"isAdmin":true}}}',
    '{"type":"publish","channel":"a","data":[{"x":{"\\u005f\\u005fproto\\u005f_":1}}]}',
    '{"type":"publish","channel":"a","data":{"\\u005F_pr\\u006fto__":1}}',
    '{"type":"publish","channel":"a","data":{"constructor":{"prototype":{"isAdmin":true}}}}',
    '{"type":"publish","channel":"a","data":{"__pro\\u0074o__":1}}',
  ])('refuses what reaches a prototype: %s', (text) => {
    expect(failureOf(text)).toMatchObject({ code: 'CATZ_REALTIME_MESSAGE' });
  });

  it('takes such words as values, and a constructor that is no object', () => {
    const text =
      '{"type":"publish","channel":"a","data":{"constructor":"Ferrari","text":"\\"__proto__\\""}}';
    expect(readRequest(text)).toMatchObject({ data: { constructor: 'Ferrari' } });
  });

  it('tells which request was refused', () => {
    expect(refOf(failureOf('{"type":"subscribe","ref":"r1"}'))).toBe('r1');
    expect(refOf(failureOf('{'))).toBeUndefined();
    expect(refOf(new Error('another'))).toBeUndefined();
  });

  it('says nothing of what the client sent', () => {
    expect(String(failureOf('{"type":"se cret"}'))).not.toContain('cret');
  });
});

describe('encodeDelivery', () => {
  const fields: DeliveryFields = {
    kind: 'message',
    channel: 'orders/42',
    id: '1-2',
    event: 'paid',
    data: '{"n":1}',
    key: 'k',
  };

  it('writes a message', () => {
    expect(jsonOf(encodeDelivery(fields))).toEqual({
      type: 'message',
      channel: 'orders/42',
      id: '1-2',
      event: 'paid',
      data: { n: 1 },
    });
  });

  it('leaves out what is not there', () => {
    expect(jsonOf(encodeDelivery({ ...fields, id: undefined, event: undefined }))).toEqual({
      type: 'message',
      channel: 'orders/42',
      data: { n: 1 },
    });
  });

  it('writes a gap without data', () => {
    const gap = { ...fields, kind: 'gap', id: undefined, event: undefined, data: 'null' } as const;
    expect(jsonOf(encodeDelivery(gap))).toEqual({ type: 'gap', channel: 'orders/42' });
  });

  it('keeps quotes and line ends of names', () => {
    const odd = { ...fields, channel: 'a"b', event: 'x\n"y' };
    expect(jsonOf(encodeDelivery(odd))).toMatchObject({ channel: 'a"b', event: 'x\n"y' });
  });

  it('is done once for all who get a delivery', () => {
    const delivery = new Delivery(fields);
    expect(delivery.as(encodeDelivery)).toBe(delivery.as(encodeDelivery));
  });
});

describe('answers', () => {
  it('say what was asked for', () => {
    const members = [{ id: 'm', data: { name: 'Ada' } }];
    const got = [
      { id: '1-1', gap: false, members },
      { id: undefined, gap: true, members: undefined },
    ];
    expect(jsonOf(answers.subscribed(['a', 'b'], got, 1))).toEqual({
      type: 'subscribed',
      channels: [
        { channel: 'a', id: '1-1', gap: false, members },
        { channel: 'b', gap: true },
      ],
      ref: 1,
    });
    expect(jsonOf(answers.unsubscribed(['a'], 'r'))).toEqual({
      type: 'unsubscribed',
      channels: ['a'],
      ref: 'r',
    });
    expect(jsonOf(answers.published('1-3', 2))).toEqual({ type: 'published', id: '1-3', ref: 2 });
    expect(jsonOf(answers.pong('1-3', undefined))).toEqual({ type: 'pong', id: '1-3' });
    expect(jsonOf(answers.closing(1500))).toEqual({ type: 'closing', retry: 1500 });
    expect(jsonOf(answers.error('CODE', 'why', 3))).toEqual({
      type: 'error',
      code: 'CODE',
      message: 'why',
      ref: 3,
    });
  });
});
