// 'lru': second chance over one log, the usual approximation of least-recently-used order.
//
// An item that was read since it was last appended is appended again; the rest is evicted in order
// of age. No exact order is promised. Source: Corbato, "A paging experiment with the Multics
// system" (1968), the clock algorithm.
#ifndef CATZILLA_CACHE_LRU_H_
#define CATZILLA_CACHE_LRU_H_

#include "fate.h"

namespace catzilla {

struct Lru {
  static Log LogOfNewItem(bool) { return kMainLog; }
  static Log VictimLog(uint32_t, uint32_t) { return kMainLog; }
  static Fate FateOf(Log, uint32_t frequency) { return Fate{frequency > 0, 0, false}; }
};

}  // namespace catzilla

#endif  // CATZILLA_CACHE_LRU_H_
