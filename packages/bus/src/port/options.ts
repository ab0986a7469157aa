// Options of portBus: checked once, complete.
import { bytes, checkOptions, duration, int } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import { errors } from '../errors.ts';

/** Options of portBus. */
export interface PortBusOptions {
  /** Messages that the log is to keep per topic, at least; what any bus has asked for stays. Default: 1, so what the log keeps by itself. */
  readonly maxLen?: number | undefined;
  /** Bytes that it is to keep per topic, at least. Default: 1. */
  readonly maxBytes?: number | undefined;
  /** ms after which an append is given up. Default: 1000. */
  readonly deadline?: number | undefined;
  /** Longest payload. Default: 65536. */
  readonly maxMessageBytes?: number | undefined;
  /** Appends that may wait for the log; more fail at once. Default: 10000. */
  readonly maxInFlight?: number | undefined;
  /** Ids that a subscriber remembers, to deliver what is appended again once. Default: 10000. */
  readonly dedupe?: number | undefined;
}

export type PortSettings = Readonly<Record<keyof PortBusOptions, number>>;

const specs: OptionSpecs<PortSettings> = {
  maxLen: int({ min: 1, max: 10_000_000, default: 1 }),
  maxBytes: bytes({ min: 1, allowInfinity: true, default: 1 }),
  deadline: duration({ max: 600_000, default: 1_000 }),
  maxMessageBytes: bytes({ min: 1, max: 2 ** 29, default: 65_536 }),
  maxInFlight: int({ min: 1, max: 10_000_000, default: 10_000 }),
  dedupe: int({ min: 1, max: 10_000_000, default: 10_000 }),
};

/** @throws CATZ_BUS_OPTION */
export function settlePort(options: PortBusOptions): PortSettings {
  return checkOptions<PortSettings>(options, specs, {
    path: 'options',
    error: (message) => new errors.OPTION(message),
  });
}
