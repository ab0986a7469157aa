// The monotonic clock in ns, precise and coarse, and a random seed.
//
// Invariant: the coarse clock never runs ahead of the precise one, so that what expires by it was
// never early; it lags by at most one scheduler tick (4 ms at 250 Hz).
#ifndef CATZILLA_CACHE_CLOCK_H_
#define CATZILLA_CACHE_CLOCK_H_

#include <cstdint>

namespace catzilla {

int64_t MonotonicNs();
int64_t CoarseMonotonicNs();
// The wall clock in ms since 1970: for an arena that outlives a boot, and nothing else.
int64_t WallMs();
// 64 unpredictable bits, against chosen-key attacks on the hash table.
uint64_t RandomSeed();

}  // namespace catzilla

#endif  // CATZILLA_CACHE_CLOCK_H_
