// What the reaper of dead processes needs of the counters.
#ifndef CATZILLA_CACHE_STATS_H_
#define CATZILLA_CACHE_STATS_H_

#include "locks.h"

namespace catzilla {

// Folds the blocks of a process into the totals and frees them.
void FoldCounters(EngineState& state, uint32_t process) CATZ_REQUIRES(state.header->mutex);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_STATS_H_
