// A message as it stands in the log: a line of JSON about it, and after the line feed the data, which is JSON that nobody on
// the way has to read. Invariant: version 1 keeps its meaning; whoever does not know a version does not guess.

/** What is published. */
export interface LogMessage {
  readonly channel: string;
  /** JSON text. */
  readonly data: string;
  readonly event: string | undefined;
  readonly key: string | undefined;
}

/** What was published, as it comes from the log. */
export interface WireMessage extends LogMessage {
  /** What its publisher called it. */
  readonly name: string;
  /** When it was published; ms since the epoch. */
  readonly time: number;
}

/** The most that a message is longer than its data: JSON writes a character of a name as up to 6 bytes. */
export const OVERHEAD: number = 6 * (256 + 128 + 256) + 256;

export function encodeWire({ channel, data, event, key, name, time }: WireMessage): string {
  const head = { v: 1, c: channel, e: event, k: key, i: name, t: time };
  return `${JSON.stringify(head)}\n${data}`;
}

/** @returns undefined: of another version, or not ours */
export function decodeWire(payload: Buffer): WireMessage | undefined {
  const end = payload.indexOf(0x0a);
  if (end === -1) return undefined;
  try {
    const head = JSON.parse(payload.toString('utf8', 0, end)) as Record<string, unknown> | null;
    const { v, c, e, k, i, t } = head ?? {};
    if (v !== 1 || typeof c !== 'string' || typeof i !== 'string') return undefined;
    return {
      channel: c,
      data: payload.toString('utf8', end + 1),
      event: typeof e === 'string' ? e : undefined,
      key: typeof k === 'string' ? k : undefined,
      name: i,
      time: Number(t),
    };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
