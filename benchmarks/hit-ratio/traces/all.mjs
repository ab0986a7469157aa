// The traces of the suite by name: how each is shown, made, and with which parameters. What they have in common
// (objects, requests, capacity, seed) is added by the suite.
import { drifting } from './drifting.mjs';
import { looping } from './looping.mjs';
import { oneHit } from './one-hit.mjs';
import { scanMixed } from './scan-mixed.mjs';
import { zipf } from './zipf.mjs';

/** name => { label, make(task): Uint32Array, parameters } */
export const TRACES = {
  'zipf-0.8': { label: 'Zipf 0.8', make: zipf, parameters: { skew: 0.8 } },
  'zipf-0.99': { label: 'Zipf 0.99', make: zipf, parameters: { skew: 0.99 } },
  'zipf-1.1': { label: 'Zipf 1.1', make: zipf, parameters: { skew: 1.1 } },
  'scan-mixed': {
    label: 'Zipf 0.99, a third in scans',
    make: scanMixed,
    parameters: { skew: 0.99, every: 40_000, scan: 20_000 },
  },
  'one-hit': {
    label: 'Zipf 0.99, half asked for once',
    make: oneHit,
    parameters: { skew: 0.99, once: 0.5 },
  },
  drifting: { label: 'Zipf 0.99, drifting', make: drifting, parameters: { skew: 0.99, life: 50 } },
  'drifting-fast': {
    label: 'Zipf 0.99, drifting fast',
    make: drifting,
    parameters: { skew: 0.99, life: 5 },
  },
  looping: { label: 'loop 1.5 times the cache', make: looping, parameters: { longer: 1.5 } },
};
