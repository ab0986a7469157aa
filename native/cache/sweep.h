// Sweep: removes expired entries that nobody reads, segment by segment, in small steps.
//
// Invariant: a segment whose first_expiry lies ahead is not visited; first_expiry never lies after
// the earliest expiry in it.
#ifndef CATZILLA_CACHE_SWEEP_H_
#define CATZILLA_CACHE_SWEEP_H_

#include "entries.h"

namespace catzilla {

struct Swept {
  uint64_t removed;
  bool more;  // a segment with expired entries is left
};

Swept SweepStep(EngineState& state, Shard& shard, Counters* counters, uint32_t items)
    CATZ_REQUIRES(shard.mutex);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_SWEEP_H_
