// Segments: equal blocks of the arena, handed out to shards and taken back.
//
// Invariant: at most header.active segments are not retired, so the bound holds by construction.
// A segment's version is even exactly while items in it may be read. A segment that is given back
// while leased goes into quarantine (pins.h).
// Threads: the free list is guarded by the arena's mutex, a row in use by its shard's mutex.
#ifndef CATZILLA_CACHE_SEGMENTS_H_
#define CATZILLA_CACHE_SEGMENTS_H_

#include "item.h"
#include "locks.h"

namespace catzilla {

enum class TakeFrom { kBottom, kTop };

// Makes all rows known and `active` of them free.
void InitSegments(EngineState& state, uint32_t active);

// Takes a free segment for the shard in that role; kNoSegment when there is none. Index pages come
// from the top and logs from the bottom, so that long free runs for large values stay possible.
// Sets wants_room when few are left. The last `spared` are not given.
SegmentId TakeSegment(EngineState& state, Shard& shard, Role role, TakeFrom from,
                      uint32_t spared = 0) CATZ_REQUIRES(shard.mutex);
// Gives a segment back. REQUIRES: no slot points into it; it is in no queue.
void FreeSegment(EngineState& state, Shard& shard, SegmentId id) CATZ_REQUIRES(shard.mutex);

// Puts a run of segments, whose versions are odd, on the free list.
void AddFree(EngineState& state, SegmentId first, uint32_t count)
    CATZ_REQUIRES(state.header->mutex);
uint32_t FreeSegments(const EngineState& state);
// Segments a shard may hold before it has to evict for more: an equal part of what is neither in
// runs nor kept free.
uint32_t FairShare(const EngineState& state);
// Below so many free segments a shard that takes one starts to empty another.
uint32_t LowWater(const EngineState& state);

// A shard's queues, oldest first.
void PushNewest(EngineState& state, Queue& queue, SegmentId id);
void InsertBefore(EngineState& state, Queue& queue, SegmentId at, SegmentId id);
void Unlink(EngineState& state, Queue& queue, SegmentId id);

inline Role RoleOf(const Segment& segment) { return static_cast<Role>(LoadRelaxed(&segment.role)); }
inline void SetRole(Segment& segment, Role role) {
  StoreRelaxed(&segment.role, static_cast<uint32_t>(role));
}
inline Log LogOf(const Segment& segment) {
  return RoleOf(segment) == Role::kSmall ? kSmallLog : kMainLog;
}
inline Role RoleOfLog(Log log) { return log == kSmallLog ? Role::kSmall : Role::kMain; }

// What new items leave for those that reclaiming moves: without it a full cache could not be
// cleaned and would evict what lives instead.
inline constexpr uint32_t kSparedForMoves = 2;
// Bytes for an item at a log's newest end, or 0 when the bound has no room for another segment.
Offset AppendToLog(EngineState& state, Shard& shard, Log log, uint32_t bytes, uint32_t spared)
    CATZ_REQUIRES(shard.mutex);
// The same for what cleaning moves out of `source`: it keeps that segment's age, so that cleaning
// does not make old items young.
Offset AppendBeside(EngineState& state, Shard& shard, SegmentId source, uint32_t bytes)
    CATZ_REQUIRES(shard.mutex);
// An item of so many bytes became live in, or left, a segment.
void AddLive(EngineState& state, Shard& shard, SegmentId id, uint32_t bytes, int64_t expires_at)
    CATZ_REQUIRES(shard.mutex);
// Frees the segment when it was the last one and nobody appends to it.
void RemoveLive(EngineState& state, Shard& shard, SegmentId id, uint32_t bytes)
    CATZ_REQUIRES(shard.mutex);
// Stops appending to a segment; frees it when nothing in it lives.
void Seal(EngineState& state, Shard& shard, SegmentId* open) CATZ_REQUIRES(shard.mutex);
// Whether items are still appended to the segment or it is being emptied.
bool IsOpen(const Shard& shard, SegmentId id) CATZ_REQUIRES(shard.mutex);

// Makes the items of a segment readable, or discards what readers copy out of it.
void OpenVersion(Segment& segment);
void CloseVersion(Segment& segment);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_SEGMENTS_H_
