// What the parts of the contract of remote stores share: values that are envelopes, and waiting for something to be so.
import { setTimeout as wait } from 'node:timers/promises';
import { encodeEnvelope } from '../envelope/encode.ts';
import type { RemoteStore } from '../remote/remote-tier.ts';

/** Adds a test, in a namespace of its own. */
export type Run = (title: string, test: (store: RemoteStore, ns: string) => Promise<void>) => void;

/** ms, for what shall stay. */
export const HOUR = 3_600_000;
/** ms: long enough to be read back at once on a busy machine, short enough to be waited for. */
export const SHORT = 400;

export function envelope(created: number, payload: string | Uint8Array): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  return encodeEnvelope(
    {
      codec: 0,
      compression: 0,
      flags: 0,
      created,
      expiresAt: Infinity,
      graceUntil: Infinity,
      memoryTtl: Number.NaN,
      remoteTtl: Number.NaN,
      diskTtl: Number.NaN,
      cost: Number.NaN,
      tags: [],
      meta: {},
    },
    bytes,
  );
}

export async function all(pages: AsyncIterable<string[]>): Promise<string[]> {
  const found: string[] = [];
  for await (const page of pages) found.push(...page);
  return found;
}

/** Waits until something is so; a runner's own time limit ends it otherwise. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await wait(5);
}
