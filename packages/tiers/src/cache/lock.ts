// The lock of a key at the remote tier, for work that is not a getOrSet: extended while it is held, by a timer that keeps no
// process alive. Not a proof of being alone: after a failover two may hold it; `fence` tells the later one.
import { randomBytes } from 'node:crypto';
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';
import { FAILED } from '../faults/guard.ts';
import type { CacheLock } from '../tiered-cache.ts';
import type { Core } from './core.ts';
import type { View } from './view.ts';

const DEFAULT_TTL = 10_000;
const LEAST_TTL = 100;
const MOST_TTL = 3_600_000;

/** @throws CATZ_TIERS_OPTION */
export function checkLockTtl(ttl: unknown): number {
  if (ttl === undefined) return DEFAULT_TTL;
  if (typeof ttl === 'number' && ttl >= LEAST_TTL && ttl <= MOST_TTL) return ttl;
  throw new errors.OPTION(
    `expected options.ttl to be a duration in ms from ${LEAST_TTL} to ${MOST_TTL}, got ${show(ttl)}`,
  );
}

/** Takes the lock of a key. Never rejects. */
export async function takeLock(
  core: Core,
  view: View,
  key: string,
  ttl: number,
): Promise<CacheLock | 'unavailable' | undefined> {
  const { remote } = core;
  if (remote === undefined) return 'unavailable';
  const { guard, store } = remote;
  const token = randomBytes(16).toString('base64url');
  const fence = await core.telemetry.span('lock', {}, () =>
    guard.write(() => store.lock(view.ns, key, token, ttl)),
  );
  if (fence === FAILED) return 'unavailable';
  if (fence === undefined) return undefined;
  let isHeld = true;
  const timer = setInterval(() => {
    void guard
      .write(() => store.extendLock(view.ns, key, token, ttl))
      .then((answer) => {
        if (answer === false) isHeld = false;
      });
  }, ttl / 3).unref();
  const release = async (): Promise<void> => {
    clearInterval(timer);
    if (!isHeld) return;
    isHeld = false;
    await guard.write(() => store.unlock(view.ns, key, token));
  };
  return {
    fence,
    get isHeld() {
      return isHeld;
    },
    release,
    [Symbol.asyncDispose]: release,
  };
}
