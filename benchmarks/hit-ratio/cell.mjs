// One cell in a process of its own: one trace, one capacity, one seed; the engine's forms first, then every reference
// policy with as many entries as the engine then held (same entries). LRU and S3-FIFO run once more with as many as fit
// into the engine's bytes when only keys and values count (same bytes, no overhead for them).
import { answer, readTask } from '../lib/child.mjs';
import { bytesToHold, engineRatio, ENGINES, payloadBytes } from './engine.mjs';
import { POLICIES, policyRatio } from './policies/all.mjs';
import { TRACES } from './traces/all.mjs';

const { trace: name, objects, requests, capacity, size, seed } = readTask();
const { make, parameters } = TRACES[name];
const trace = make({ objects, requests, capacity, seed, ...parameters });
const warm = Math.floor(requests / 3);
const bytes = bytesToHold(capacity, size);

const ratios = {};
const held = {};
for (const [id, form] of Object.entries(ENGINES)) {
  const { ratio, entries } = engineRatio(trace, { bytes, size, warm, form });
  ratios[id] = ratio;
  held[id] = entries;
}
for (const [id, policy] of Object.entries(POLICIES)) {
  ratios[id] = policyRatio(policy.make(held.ours, trace), trace, warm);
}
const fitting = Math.floor(bytes / payloadBytes(size));
for (const id of ['lru', 's3fifo']) {
  ratios[`${id}SameBytes`] = policyRatio(POLICIES[id].make(fitting), trace, warm);
}
answer({ ...ratios, bytes, held, fitting, share: held.ours / objects });
