// Read: lookups that take no lock and write nothing but a frequency, and leases on what they find.
//
// A reader loads a slot, then the version of the segment it points into, then the slot again: if
// that did not change, the item was live under that version. It copies, and discards the copy when
// the version, or the item's own sequence, moved meanwhile. A failed validation is never a miss.
// Source: optimistic lookups as in MemC3 (Fan et al., NSDI 2013).
#ifndef CATZILLA_CACHE_READ_H_
#define CATZILLA_CACHE_READ_H_

#include "probe.h"

namespace catzilla {

enum class Lookup { kHit, kMiss, kTooSmall, kExpired, kVoid };

// Where an entry was found, and under which versions.
struct Found {
  Offset item;
  Offset value;
  uint64_t version;
  uint32_t sequence;
};

struct ReadRequest {
  uint8_t* target;  // nullptr: metadata only
  uint32_t capacity;
  bool touch;              // raise the frequency
  Found* found = nullptr;  // filled on kHit, if not null
};

// Fills *info on kHit and kTooSmall.
Lookup ReadEntry(EngineState& state, const Key& key, const ReadRequest& request, ReadInfo* info);

// kHit: *view is pinned. kOverLimit, kMiss: nothing is.
ReadStatus LeaseEntry(EngineState& state, Counters* counters, const Key& key, LeaseView* view,
                      ReadInfo* info);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_READ_H_
