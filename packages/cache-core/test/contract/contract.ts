// The rules every cache keeps, as a suite: one function, run for each target.
import { describe } from 'vitest';
import { describeAbi } from './abi.ts';
import { describeBatches } from './batches.ts';
import { describeClosing, describeUnlink } from './closing.ts';
import { describeEvictionRing } from './eviction-ring.ts';
import { describeKeySpace } from './key-space.ts';
import { describeLeases } from './leases.ts';
import { describeLimits } from './limits.ts';
import { describeListing } from './listing.ts';
import { describeMachine } from './machine.ts';
import { describeMisuse } from './misuse.ts';
import { describeNames } from './names.ts';
import { describeRecords } from './records.ts';
import { describeResize } from './resize.ts';
import { describeSince } from './since.ts';
import { describeStanding, describeStats } from './stats.ts';
import { makeSuite } from './suite.ts';
import type { Target } from './suite.ts';
import { describeTags } from './tags.ts';
import { describeTagMisuse } from './tag-misuse.ts';
import { describeTtl } from './ttl.ts';
import { describeValues } from './values.ts';
import { describeVersions } from './versions.ts';
import { describeWrites } from './writes.ts';

const parts = [
  describeKeySpace,
  describeValues,
  describeWrites,
  describeBatches,
  describeTtl,
  describeRecords,
  describeListing,
  describeStats,
  describeResize,
  describeNames,
  describeMisuse,
  describeClosing,
  describeTags,
  describeTagMisuse,
  describeSince,
  describeVersions,
  describeEvictionRing,
  describeLimits,
  describeLeases,
  describeStanding,
  describeUnlink,
  describeAbi,
];

/** Describes what a cache of the target does. */
export function describeCache(target: Target): void {
  const suite = makeSuite(target);
  for (const part of parts) part(suite);
  if (target.scope === 'machine') describe('the file', () => describeMachine(suite));
}
