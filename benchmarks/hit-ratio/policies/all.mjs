// The reference policies by name, in the order of the tables: how each is shown and made.
import { Fifo } from './fifo.mjs';
import { Lru } from './lru.mjs';
import { Optimum } from './optimum.mjs';
import { S3Fifo } from './s3-fifo.mjs';
import { Sieve } from './sieve.mjs';
import { WTinyLfu } from './w-tinylfu.mjs';

/** name => { label, make(capacity in entries, trace) }; a policy answers access(key) with whether it was there */
export const POLICIES = {
  fifo: { label: 'FIFO', make: (capacity) => new Fifo(capacity) },
  lru: { label: 'LRU', make: (capacity) => new Lru(capacity) },
  sieve: { label: 'SIEVE', make: (capacity) => new Sieve(capacity) },
  s3fifo: { label: 'S3-FIFO', make: (capacity) => new S3Fifo(capacity) },
  s3fifoTwo: {
    label: 'S3-FIFO, two hits',
    make: (capacity) => new S3Fifo(capacity, { promoteAt: 2 }),
  },
  wTinyLfu: { label: 'W-TinyLFU', make: (capacity) => new WTinyLfu(capacity) },
  optimum: { label: 'optimum', make: (capacity, trace) => new Optimum(capacity, trace) },
};

/** @returns the share of hits from request `warm` on */
export function policyRatio(policy, trace, warm) {
  let hits = 0;
  for (let at = 0; at < trace.length; at++) {
    if (policy.access(trace[at]) && at >= warm) hits++;
  }
  return hits / (trace.length - warm);
}
