// Both backends keep the same contract.
import { describe } from 'vitest';
import { describeCache } from './contract/contract.ts';

describe("backend 'native'", () => describeCache('native'));
describe("backend 'js'", () => describeCache('js'));
