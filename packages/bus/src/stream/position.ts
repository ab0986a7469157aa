// Ids of stream entries, `<ms>-<sequence>`, and what XINFO STREAM says of a stream.
// Source: https://redis.io/docs/latest/commands/xinfo-stream/; entries-added came with Redis 7.0.

/** Before every entry. */
export const ORIGIN = '0-0';

export function isEntryId(text: string): boolean {
  return /^\d{1,20}-\d{1,20}$/.test(text);
}

/** Negative when `a` lies before `b`, 0 when they are one, else positive. */
export function compareIds(a: string, b: string): number {
  const [aTime = '', aSequence = ''] = a.split('-');
  const [bTime = '', bSequence = ''] = b.split('-');
  return compareDigits(aTime, bTime) || compareDigits(aSequence, bSequence);
}

// Both are u64 without leading zeros: the longer is the larger.
function compareDigits(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
}

/** A stream as the server describes it. */
export interface StreamInfo {
  readonly length: number;
  /** Id of the newest entry there ever was. */
  readonly last: string;
  /** Id of the oldest entry that is kept; undefined: none is. */
  readonly first: string | undefined;
  /** Entries there ever were; undefined: Redis before 7. */
  readonly added: number | undefined;
}

/** Reads the reply of XINFO STREAM: names and values by turns. */
export function readStreamInfo(reply: unknown): StreamInfo {
  const fields = new Map<string, unknown>();
  const list = reply as unknown[];
  for (let index = 0; index + 1 < list.length; index += 2) {
    fields.set(String(list[index]), list[index + 1]);
  }
  const first = fields.get('first-entry');
  const added = fields.get('entries-added');
  return {
    length: Number(fields.get('length')),
    last: String(fields.get('last-generated-id')),
    first: Array.isArray(first) ? String(first[0]) : undefined,
    added: added === undefined ? undefined : Number(added),
  };
}
