// JSON as UTF-8: the default, readable by whatever reads Redis besides us. As JSON.stringify has it: a Date becomes a
// string, a Map `{}`, a property that is undefined or a function is left out; a value that is one is refused.
import type { Codec } from './codec.ts';

/** Stores what JSON can say. */
export const jsonCodec: Codec = Object.freeze({
  id: 1,
  name: 'json',
  encode(value: unknown): Uint8Array {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) throw new TypeError('JSON has no form for it');
    return Buffer.from(text);
  },
  decode: (bytes: Buffer): unknown => JSON.parse(bytes.toString()),
});
