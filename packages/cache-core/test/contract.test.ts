// Every kind of cache keeps the same contract.
import { describe } from 'vitest';
import { describeCache } from './contract/contract.ts';
import { targets } from './contract/suite.ts';

for (const target of targets) describe(target.title, () => describeCache(target));
