#include "sweep.h"

#include "write.h"

namespace catzilla {

namespace {

SegmentId NextDue(const EngineState& state, const Shard& shard, int64_t now)
    CATZ_REQUIRES(shard.mutex) {
  const Queue* const queues[] = {&shard.queues[kSmallLog], &shard.queues[kMainLog], &shard.large};
  for (const Queue* queue : queues) {
    for (SegmentId id = queue->head; id != kNoSegment; id = state.segments[id].next) {
      if (state.segments[id].first_expiry <= now) return id;
    }
  }
  return kNoSegment;
}

}  // namespace

Swept SweepStep(EngineState& state, Shard& shard, Counters* counters, uint32_t items) {
  Swept swept{0, true};
  const int64_t now = state.CoarseNow();
  uint32_t left = items;
  while (left != 0) {
    if (shard.swept == kNoSegment) {
      shard.swept = NextDue(state, shard, now);
      if (shard.swept == kNoSegment) {
        swept.more = false;
        return swept;
      }
      // What is appended or renewed from here on lowers it again; so does the walk, for what stays.
      state.segments[shard.swept].first_expiry = kNeverExpires;
      shard.swept_at = 0;
    }
    const SegmentId id = shard.swept;
    Segment& row = state.segments[id];
    const bool large = RoleOf(row) == Role::kLarge;
    if (large ? shard.swept_at != 0 : shard.swept_at >= row.append) {
      shard.swept = kNoSegment;
      continue;
    }
    const Offset offset = state.StartOf(id) + shard.swept_at;
    const Item* const item = ItemAt(state, offset);
    shard.swept_at += large ? 1 : uint32_t{item->capacity} * 8;
    left--;
    if (item->expiry_flags & kDead) continue;
    const int64_t expires_at = ExpiryOf(item->expiry_flags);
    if (expires_at > now) {
      if (expires_at < row.first_expiry) row.first_expiry = expires_at;
      continue;
    }
    const uint64_t hash = HashBytes(item->key(), item->key_size, state.hash_seed);
    const SlotRef ref = FindOffset(state, shard, hash, offset);
    if (!ref) continue;
    RemoveDue(state, shard, counters, ref,
              Counter::kExpiredSwept);  // may free the segment, which ends its sweep
    swept.removed++;
  }
  return swept;
}

}  // namespace catzilla
