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

enum class Pressure {
  kFair,  // cleans; evicts only in a shard that holds at least its fair share
  kFull,  // cleans, or evicts by the policy
  kDrop,  // evicts whatever the victim holds: room is needed at once
};

Reclaimed ReclaimStep(EngineState& state, Shard& shard, Counters* counters, uint32_t items,
                      Pressure pressure) CATZ_REQUIRES(shard.mutex);

// A step in the shard that holds most segments, for one that has none to give. Takes its mutex.
Reclaimed RelieveLargestShard(EngineState& state, Counters* counters, uint32_t items,
                              Pressure pressure);

// Empties a segment by its own shard's mutex; false if its role forbids it.
// REQUIRES: the caller claimed it (Header::claim_low), so that nobody takes it in between.
bool EmptySegment(EngineState& state, Counters* counters, SegmentId id);

// Evicts the value of a large run. REQUIRES: id heads a run of this shard.
void EvictLarge(EngineState& state, Shard& shard, Counters* counters, SegmentId id)
    CATZ_REQUIRES(shard.mutex);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_RECLAIM_H_
