// Checks of what is published, by the server or by clients: name of the event, key, and data as JSON within its bounds.
import { checkOptions, custom } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { LogMessage } from '../log/wire.ts';

/** What is published, not yet checked. */
export interface Publishable {
  readonly channel: string;
  readonly data: unknown;
  readonly event: unknown;
  readonly key: unknown;
}

/** What goes with what the application publishes, not yet checked. */
interface Beside {
  readonly event?: unknown;
  readonly key?: unknown;
}

// What they hold is checked with the message itself.
const beside = custom('anything', (_value): _value is unknown => true);
const specs: OptionSpecs<Beside> = { event: beside, key: beside };

/** @throws CATZ_REALTIME_OPTION: a name that is not known would be lost without a word */
export function besideOf(options: unknown): Beside {
  return checkOptions<Beside>(options, specs, {
    path: 'options',
    error: (message) => new errors.OPTION(message),
  });
}

const MAX_EVENT = 128;
const MAX_KEY = 256;

/** @throws CATZ_REALTIME_MESSAGE, CATZ_REALTIME_DATA, CATZ_REALTIME_SIZE */
export function messageOf(message: Publishable, maxBytes: number): LogMessage {
  const data = jsonOf(message.data);
  const length = Buffer.byteLength(data);
  if (length > maxBytes) throw new errors.SIZE(`${maxBytes} bytes`, length);
  return {
    channel: message.channel,
    data,
    event: textOf(message.event, 'event', MAX_EVENT),
    key: textOf(message.key, 'key', MAX_KEY),
  };
}

function jsonOf(data: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (cause) {
    throw new errors.DATA('it is not JSON', { cause });
  }
  if (text === undefined) throw new errors.DATA('it is not JSON');
  return text;
}

// Names of events become lines of an event stream.
function textOf(value: unknown, name: string, maxLength: number): string | undefined {
  if (value === undefined) return undefined;
  const isRight =
    typeof value === 'string' &&
    value !== '' &&
    value.length <= maxLength &&
    !/\p{Cc}|\p{Surrogate}/u.test(value);
  if (isRight) return value;
  throw new errors.MESSAGE(
    `${name} to be a string of 1 to ${maxLength} characters without control characters`,
  );
}
