// Every disk store keeps the same contract.
import { afterAll, describe, it } from 'vitest';
import { diskTier } from '../../src/index.ts';
import { diskContract, memoryDisk } from '../../src/testing/index.ts';
import type { DiskTier } from '../../src/index.ts';
import { removeFolders, temporaryFolder } from './support/folder.ts';

const MiB = 2 ** 20;
const capacity = 4 * MiB;

afterAll(removeFolders);

for (const backend of ['lmdb', 'fs'] as const) {
  const dir = temporaryFolder();
  const tier = diskTier({ dir, backend, maxBytes: capacity, durability: 'process', minFree: 0 });
  diskContract(
    backend,
    { open: (name, onState) => tier.open({ name, onState }), capacity },
    { describe, it },
  );
}

const memory: DiskTier = memoryDisk({ maxBytes: capacity });
diskContract(
  'memory',
  { open: (name, onState) => memory.open({ name, onState }), capacity },
  { describe, it },
);
