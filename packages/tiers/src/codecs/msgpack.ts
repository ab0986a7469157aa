// MessagePack by msgpackr, with its extensions for Map, Set, Date, BigInt, RegExp, Error, typed arrays, undefined and
// cycles. Objects are written as records whose keys stand once in each message, and only there: any process can read it.
// Invariant: nothing here makes code of bytes. So it is msgpackr's build without eval that is loaded; the usual one
// compiles a function from the keys of a record it has read some times.
// Not kept: -0 (comes out as 0), lone surrogates, the class of an instance; a key `__proto__` comes out as `__proto_`.
import { createRequire } from 'node:module';
import type { Codec } from './codec.ts';

/** What we use of msgpackr. */
interface Msgpackr {
  readonly Packr: new (options: object) => { pack(value: unknown): Uint8Array };
  readonly Unpackr: new (options: object) => {
    unpackMultiple(
      bytes: Uint8Array,
      each: (value: unknown, start: number, end: number) => boolean,
    ): void;
  };
}

interface Parts {
  readonly packr: InstanceType<Msgpackr['Packr']>;
  readonly unpackr: InstanceType<Msgpackr['Unpackr']>;
}

let parts: Parts | undefined;

/** Stores what structuredClone can copy, and more compactly than JSON. */
export const msgpackCodec: Codec = Object.freeze({
  id: 3,
  name: 'msgpack',
  encode: (value: unknown): Uint8Array => load().packr.pack(value),
  decode(bytes: Buffer): unknown {
    let result: unknown;
    let length = -1;
    // `unpack` would print a value with bytes behind it into its message: of a few hundred forged bytes that refer to
    // each other, that takes for ever. This way it gives the first value, and we look where that one ends.
    load().unpackr.unpackMultiple(bytes, (value, _start, end) => {
      result = value;
      length = end;
      return false;
    });
    if (length !== bytes.length) throw new RangeError('the value does not end where its bytes do');
    return result;
  },
});

// One for writing and one for reading, which therefore has no records in mind but those of the message it reads.
function load(): Parts {
  if (parts !== undefined) return parts;
  const require = createRequire(import.meta.url);
  const { Packr, Unpackr } = require('msgpackr/index-no-eval') as Msgpackr;
  const options = { structuredClone: true };
  parts = {
    packr: new Packr({ ...options, writeFunction: refuseFunction }),
    // Copied: a Buffer within a value must not be a view of what others read.
    unpackr: new Unpackr({ ...options, copyBuffers: true }),
  };
  return parts;
}

// msgpackr would write undefined in its place.
function refuseFunction(): never {
  throw new TypeError('a function has no stored form');
}
