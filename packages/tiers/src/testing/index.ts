// Public API of @catzilla/tiers/testing.
export { diskContract } from './disk-contract.ts';
export type { DiskRunner, DiskSubject } from './disk-contract.ts';
export { memoryDisk } from './memory-disk.ts';
