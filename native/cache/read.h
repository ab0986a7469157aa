// Read: lookups that take no lock and write nothing but a frequency.
//
// A reader loads a slot, then the version of the segment it points into, then the slot again: if
// that did not change, the item was live under that version. It copies, and discards the copy when
// the version, or the item's own sequence, moved meanwhile. A failed validation is never a miss.
// Source: optimistic lookups as in MemC3 (Fan et al., NSDI 2013).
#ifndef CATZILLA_CACHE_READ_H_
#define CATZILLA_CACHE_READ_H_

#include "index.h"

namespace catzilla {

enum class Lookup { kHit, kMiss, kTooSmall, kExpired };

struct ReadRequest {
  uint8_t* target;  // nullptr: metadata only
  uint32_t capacity;
  bool touch;  // raise the frequency
};

// Fills *info on kHit and kTooSmall.
Lookup ReadEntry(EngineState& state, const Key& key, const ReadRequest& request, ReadInfo* info);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_READ_H_
