// What a result below zero of a native call means to the caller.
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';
import { BAD_KEY, BAD_TARGET, BAD_VALUE, CLOSED, LONG_KEY } from './addon.ts';

/** What the sentences of the errors need. */
interface Call {
  /** Of the cache, for messages. */
  readonly label: string;
  readonly maxKeyBytes: number;
  /** What native code found the key to take, at least. */
  readonly keyBytes: number;
  readonly key: unknown;
  /** The value or target. */
  readonly other: unknown;
}

/** The error of a result. */
export function failureOf(result: number, call: Call): Error {
  const { label, maxKeyBytes, keyBytes, key, other } = call;
  switch (result) {
    case CLOSED:
      return new errors.CLOSED(label);
    case LONG_KEY:
      return new errors.KEY_SIZE(maxKeyBytes, `${keyBytes} or more: ${show(key)}`);
    case BAD_VALUE:
      return new errors.VALUE(show(other));
    case BAD_TARGET:
      return new errors.TARGET(show(other));
    case BAD_KEY:
      return new errors.KEY(show(key));
    default:
      return new errors.NO_MEMORY('the bytes of a string');
  }
}
