// Reclaim: makes room by emptying one segment at a time, in small steps.
//
// A segment under half live is cleaned (its items move together, none is evicted); otherwise the
// policy names the log whose oldest segment goes, and each item's fate.
// Invariant: a step visits at most the items it was allowed, so no lock is held for long.
#ifndef CATZILLA_CACHE_RECLAIM_H_
#define CATZILLA_CACHE_RECLAIM_H_

#include "entries.h"

namespace catzilla {

inline constexpr uint32_t kReclaimBatch = 64;

enum class Reclaimed {
  kNothing,  // the shard has no segment to give
  kPartly,   // more steps are needed
  kSegment,  // a segment was freed
};

// `drop` evicts whatever the victim holds: for when room is needed at once.
Reclaimed ReclaimStep(EngineState& state, Shard& shard, Counters* counters, uint32_t items,
                      bool drop) CATZ_REQUIRES(shard.mutex);

// Empties one segment of the shard that holds most, for a shard that has none to give.
bool RelieveLargestShard(EngineState& state, Counters* counters);

// Empties a segment by its own shard's mutex; false if its role forbids it.
// REQUIRES: the caller claimed it (Header::claim_low), so that nobody takes it in between.
bool EmptySegment(EngineState& state, Counters* counters, SegmentId id);

// Evicts the value of a large run. REQUIRES: id heads a run of this shard.
void EvictLarge(EngineState& state, Shard& shard, Counters* counters, SegmentId id)
    CATZ_REQUIRES(shard.mutex);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_RECLAIM_H_
