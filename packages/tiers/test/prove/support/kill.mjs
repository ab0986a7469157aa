// Changes a cache on disk without end, until it is killed; tells of each step before and after. First of all it tells what
// it found, and looks at every value: each carries a checksum of its own.
import { createTieredCache } from '@catzilla/tiers';
import { data, send } from './parent.mjs';
import { makeValue, versionOf } from '../../disk/support/values.mjs';

const { options, keys, tags, step: first } = data;
const cache = createTieredCache({ codec: 'bytes', ...options });
const { disk } = await cache.ready({ timeout: 20_000 });

const found = {};
let corrupt = 0;
for (const key of keys) {
  const bytes = await cache.get(key);
  if (bytes === undefined) continue;
  const version = versionOf(key, bytes);
  if (version === -1) corrupt++;
  found[key] = version;
}
await send({
  kind: 'found',
  found,
  corrupt,
  counted: cache.stats().disk.corrupt,
  state: disk.state,
});

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const some = () => [...new Set(Array.from({ length: 1 + Math.random() * 12 }, () => pick(keys)))];

for (let step = first; ; step++) {
  const chance = Math.random();
  let plan;
  if (chance < 0.7) plan = { how: 'set', keys: some(), tag: pick(tags) };
  else if (chance < 0.85) plan = { how: 'delete', keys: some() };
  else if (chance < 0.98) plan = { how: 'tag', tag: pick(tags) };
  else plan = { how: 'clear' };
  await send({ kind: 'begun', step, ...plan });
  const result = await {
    set: () =>
      cache.setMany(
        plan.keys.map((key) => [key, makeValue(key, step, 64 + Math.random() * 8000)]),
        { tags: [plan.tag] },
      ),
    delete: () => cache.delete(plan.keys),
    tag: () => cache.invalidateTags(plan.tag),
    clear: () => cache.clear(),
  }[plan.how]();
  await send({ kind: 'done', step, disk: result.disk });
}
