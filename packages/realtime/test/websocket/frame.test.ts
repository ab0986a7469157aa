import type { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { payloadOf, PING, textFrame } from '../../src/websocket/frame.ts';

// Exported, but not in its types.
const { Receiver } = ws as unknown as {
  Receiver: new (options: object) => Writable;
};

/** What ws, as a client, reads out of bytes. */
async function readByWs(bytes: Buffer, chunk = bytes.length): Promise<string[]> {
  const receiver = new Receiver({ isServer: false, maxPayload: 0 });
  const read: string[] = [];
  const failed = new Promise<never>((_, reject) => receiver.on('error', reject));
  receiver.on('message', (data: Buffer, isBinary: boolean) =>
    read.push(isBinary ? 'binary' : data.toString()),
  );
  receiver.on('ping', (data: Buffer) => read.push(`ping ${data.length}`));
  const written = new Promise<void>((resolve) => {
    for (let at = 0; at < bytes.length; at += chunk) receiver.write(bytes.subarray(at, at + chunk));
    receiver.write(Buffer.alloc(0), () => resolve());
  });
  await Promise.race([written, failed]);
  return read;
}

describe('textFrame', () => {
  // The three forms of a length, and their bounds: RFC 6455 5.2.
  it.for([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])(
    'makes a frame of %i bytes that ws reads',
    async (length) => {
      const text = 'x'.repeat(length);
      expect(await readByWs(textFrame(text))).toEqual([text]);
    },
  );

  it('counts bytes, not characters', async () => {
    const text = `${'€'.repeat(42)}😀`;
    expect(textFrame(text).length).toBe(4 + 42 * 3 + 4);
    expect(await readByWs(textFrame(text))).toEqual([text]);
  });

  it('writes U+FFFD for half a pair', async () => {
    expect(await readByWs(textFrame('a\ud800b'))).toEqual(['a\ufffdb']);
  });

  it('makes frames that follow each other in one write, cut anywhere', async () => {
    const texts = ['a', 'b'.repeat(126), 'c'.repeat(70_000), ''];
    const bytes = Buffer.concat([textFrame(texts[0]!), PING, ...texts.slice(1).map(textFrame)]);
    expect(await readByWs(bytes, 1000)).toEqual([texts[0], 'ping 0', ...texts.slice(1)]);
  });
});

describe('payloadOf', () => {
  it.for([0, 125, 126, 65_535, 65_536])('finds %i bytes', (length) => {
    const text = 'y'.repeat(length);
    expect(payloadOf(textFrame(text)).toString()).toBe(text);
  });
});
