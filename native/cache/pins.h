// Pins: how many leases of each process keep a segment from reuse, and the quarantine of segments
// that were given back while pinned.
//
// Invariant: bytes of a pinned segment change only by writers who had begun before the pin was
// visible, and whoever pins learns of those: the pin comes first, then the segment's version and
// the item's sequence are read again; a writer makes the version or sequence odd first, then reads
// the pins. Sequential consistency decides who sees whom. Threads: counts are atomics; a row
// belongs to one process, which adds and removes its own pins.
#ifndef CATZILLA_CACHE_PINS_H_
#define CATZILLA_CACHE_PINS_H_

#include "locks.h"

namespace catzilla {

// False: this process has no more counts for the segment (65535).
bool Pin(EngineState& state, SegmentId id);
void Unpin(EngineState& state, SegmentId id);
// Whether any process has a pin on it.
bool IsPinned(const EngineState& state, SegmentId id);
// Bytes that pins keep from reuse, and what one on `id` would add.
uint64_t PinnedBytes(const EngineState& state);
uint64_t BytesToPin(const EngineState& state, SegmentId id);

// Frees what was quarantined and is pinned no longer.
void FreeQuarantined(EngineState& state) CATZ_REQUIRES(state.header->mutex);
// The same when there is something in quarantine and the mutex is free.
void TryFreeQuarantined(EngineState& state);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_PINS_H_
