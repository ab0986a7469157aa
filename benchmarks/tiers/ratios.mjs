// The figures that have targets. What stands for several sizes or ways is the worst of them.
import { LARGE_DISK, oursFor, SMALL_DISK } from './contests.mjs';
import { SIZES } from './data.mjs';

/** @returns {Record<string, number>} by id; what was not measured is left out */
export function makeRatios(measures) {
  const byId = new Map(measures.map((one) => [one.id, one]));
  const of = (id) => byId.get(id)?.median ?? NaN;
  const worst = (choose, figures) => {
    const known = figures.filter((figure) => !Number.isNaN(figure));
    return known.length === 0 ? NaN : choose(...known);
  };
  const sizes = SIZES.map(([size]) => size);
  const faster = (operation) =>
    worst(
      Math.min,
      sizes.map(
        (size) =>
          Math.min(
            of(`bentocache-references ${operation} ${size}`),
            of(`bentocache ${operation} ${size}`),
          ) / of(`${oursFor(size)} ${operation} ${size}`),
      ),
    );
  const diskRead = (count) => of(`catzilla-lmdb disk get ${count}`) / of(`lmdb disk get ${count}`);
  const all = (id, field) => byId.get(id)?.details.map((sample) => sample[field]) ?? [NaN];
  const hung = ['hung catzilla', 'hung catzilla at once'];
  const ratios = {
    get_speed_over_bentocache: faster('get'),
    get_or_set_speed_over_bentocache: faster('getOrSet'),
    get_sync_per_s: worst(
      Math.min,
      sizes.map((size) => 1e9 / of(`${oursFor(size)} getSync ${size}`)),
    ),
    redis_get_100b_over_ioredis: of('catzilla remote get 100') / of('ioredis remote get 100'),
    redis_get_1k_over_ioredis: of('catzilla remote get 1024') / of('ioredis remote get 1024'),
    disk_get_over_lmdb: diskRead(LARGE_DISK),
    disk_get_small_over_lmdb: diskRead(SMALL_DISK),
    disk_put_thread_us: of(`catzilla-lmdb disk put ${SMALL_DISK}`),
    hung_p99_ms: worst(Math.max, hung.map(of)),
    hung_errors: worst(
      Math.max,
      hung.flatMap((id) => [...all(id, 'errors'), ...all(id, 'cutOffs'), ...all(id, 'unhandled')]),
    ),
    stampede_calls: Math.max(...all('stampede catzilla-lock', 'runs')),
    get_many_over_singles: of('catzilla many') / of('catzilla single'),
    get_many_over_concurrent: of('catzilla many') / of('catzilla concurrent'),
    delete_seen_over_xadd: of('seen delete') / of('seen xadd'),
    tags_seen_over_xadd: of('seen tags') / of('seen xadd'),
  };
  return Object.fromEntries(Object.entries(ratios).filter(([, value]) => !Number.isNaN(value)));
}
