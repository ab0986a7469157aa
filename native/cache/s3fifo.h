// S3-FIFO at segment granularity: which log gives up a segment, and what becomes of an item in it.
//
// New items enter the small log; those read again before they leave it move to the main log, others
// leave a fingerprint in the ghost. The main log gives items that were read another round.
// Source: Yang et al., "FIFO queues are all you need for cache eviction" (SOSP 2023); here an
// item's place in its FIFO is its segment's.
#ifndef CATZILLA_CACHE_S3FIFO_H_
#define CATZILLA_CACHE_S3FIFO_H_

#include "fate.h"

namespace catzilla {

struct S3Fifo {
  static Log LogOfNewItem(bool in_ghost) { return in_ghost ? kMainLog : kSmallLog; }

  // The small log is to hold a tenth of the segments.
  static Log VictimLog(uint32_t small_segments, uint32_t main_segments) {
    return small_segments * 10 > small_segments + main_segments ? kSmallLog : kMainLog;
  }

  static Fate FateOf(Log log, uint32_t frequency) {
    if (log == kSmallLog) return Fate{frequency > 0, 0, frequency == 0};
    return Fate{frequency > 0, frequency > 0 ? frequency - 1 : 0, false};
  }
};

}  // namespace catzilla

#endif  // CATZILLA_CACHE_S3FIFO_H_
