// Resize: a new bound. Growing makes retired segments free; shrinking empties segments until enough
// are free, retires those and gives their pages back.
#include "machine.h"
#include "memory.h"
#include "reclaim.h"

namespace catzilla {

namespace {

bool BackSegment(EngineState& state, SegmentId id) {
  return state.is_shared ? BackFileRange(state, state.StartOf(id), state.segment_bytes())
                         : CommitMemory(state.base + state.StartOf(id), state.segment_bytes());
}

void UnbackSegment(EngineState& state, SegmentId id) {
  if (state.is_shared) return UnbackFileRange(state, state.StartOf(id), state.segment_bytes());
  DecommitMemory(state.base + state.StartOf(id), state.segment_bytes());
}

// Each shard keeps its index, an open segment for either log, and one to move into.
constexpr uint32_t kMinSegmentsPerShard = 3;

// A value that was accepted at opening must still find room, and runs get half of all segments.
uint32_t FewestSegments(const EngineState& state) {
  const Options& options = state.header->options;
  const uint64_t largest = ItemBytes(options.max_key_bytes, kMaxTags, options.max_value_bytes);
  const uint32_t run =
      static_cast<uint32_t>((largest + state.segment_bytes() - 1) >> state.segment_shift);
  const uint32_t pages_per_segment = state.segment_bytes() / kPageBytes;
  uint32_t count = 0;
  for (uint32_t i = 0; i <= state.shard_mask; i++) {
    const uint32_t pages = LoadRelaxed(&state.shards[i].index_pages);
    count += kMinSegmentsPerShard + (pages + pages_per_segment - 1) / pages_per_segment;
  }
  return count > run * 2 ? count : run * 2;
}

// All or nothing: first the memory, then the bound, then the segments, so that whoever dies in it
// leaves no more segments than the bound pays for.
bool Grow(EngineState& state, uint32_t target, uint64_t max_bytes) {
  ArenaLock lock(state);
  if (!lock) return false;
  const uint32_t count = state.header->geometry.segment_count;
  const uint32_t wanted = target > state.header->active ? target - state.header->active : 0;
  uint32_t backed = 0;
  SegmentId end = 0;
  for (; end < count && backed < wanted; end++) {
    if (RoleOf(state.segments[end]) != Role::kRetired) continue;
    if (!BackSegment(state, end)) break;
    backed++;
  }
  if (backed < wanted) {
    for (SegmentId id = 0; id <= end && id < count; id++) {
      if (RoleOf(state.segments[id]) == Role::kRetired) UnbackSegment(state, id);
    }
    return false;
  }
  StoreRelaxed(&state.header->max_bytes, max_bytes);
  for (SegmentId id = 0; id < end; id++) {
    if (RoleOf(state.segments[id]) != Role::kRetired) continue;
    SetRole(state.segments[id], Role::kFree);
    state.header->active++;
    StoreRelaxed(&state.header->free, state.header->free + 1);
    if (id < state.header->lowest_free) state.header->lowest_free = id;
  }
  return true;
}

// Retires free segments, highest first; true when no more than `target` are active.
bool RetireFree(EngineState& state, uint32_t target) {
  ArenaLock lock(state);
  if (!lock) return false;
  for (SegmentId id = state.segment_count; id-- > 0 && state.header->active > target;) {
    if (RoleOf(state.segments[id]) != Role::kFree) continue;
    if (id >= state.header->claim_low && id < state.header->claim_high) continue;
    SetRole(state.segments[id], Role::kRetired);
    UnbackSegment(state, id);
    state.header->active--;
    StoreRelaxed(&state.header->free, state.header->free - 1);
  }
  return state.header->active <= target;
}

uint32_t ActiveSegments(EngineState& state) {
  ArenaLock lock(state);
  return state.header->active;
}

}  // namespace

ResizeStatus Engine::Resize(Counters* counters, uint64_t max_bytes) {
  EngineState& state = *state_;
  Header& header = *state.header;
  if (max_bytes > header.options.reserve_bytes) return ResizeStatus::kAboveReserve;
  const uint32_t target = SegmentsFor(header.geometry, max_bytes);
  if (max_bytes < kMinBytes || target < FewestSegments(state)) return ResizeStatus::kBelowMinimum;

  RunLock one_at_a_time(state);
  if (!one_at_a_time) return ResizeStatus::kNoRoom;
  if (target > ActiveSegments(state) && !Grow(state, target, max_bytes))
    return ResizeStatus::kNoRoom;
  // Each round frees at least one segment; the bound on rounds only guards against racing writers.
  for (uint32_t i = 0; !RetireFree(state, target); i++) {
    const Pressure pressure = i < target ? Pressure::kFull : Pressure::kDrop;
    const bool stuck = RelieveLargestShard(state, counters, ~0u, pressure) == Reclaimed::kNothing;
    if (stuck || i > header.geometry.segment_count * 4) {
      const uint64_t before = LoadRelaxed(&header.max_bytes);
      Grow(state, SegmentsFor(header.geometry, before), before);
      return ResizeStatus::kNoRoom;
    }
  }
  StoreRelaxed(&header.max_bytes, max_bytes);
  return ResizeStatus::kOk;
}

}  // namespace catzilla
