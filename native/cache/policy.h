// Policy: the one place that knows which eviction policies exist; each has a file of its own.
#ifndef CATZILLA_CACHE_POLICY_H_
#define CATZILLA_CACHE_POLICY_H_

#include "lru.h"
#include "s3fifo.h"

namespace catzilla {

inline Log LogOfNewItem(Policy policy, bool in_ghost) {
  return policy == Policy::kLru ? Lru::LogOfNewItem(in_ghost) : S3Fifo::LogOfNewItem(in_ghost);
}

inline Log VictimLog(Policy policy, uint32_t small_segments, uint32_t main_segments) {
  return policy == Policy::kLru ? Lru::VictimLog(small_segments, main_segments)
                                : S3Fifo::VictimLog(small_segments, main_segments);
}

inline Fate FateOf(Policy policy, Log log, uint32_t frequency) {
  return policy == Policy::kLru ? Lru::FateOf(log, frequency) : S3Fifo::FateOf(log, frequency);
}

}  // namespace catzilla

#endif  // CATZILLA_CACHE_POLICY_H_
