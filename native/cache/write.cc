#include "write.h"

#include "policy.h"
#include "reclaim.h"
#include "sweep.h"

namespace catzilla {

namespace {

constexpr int kRoomTries = 8;
constexpr int kGentleTries = 6;  // before live items are dropped whatever their frequency
constexpr uint32_t kWritesPerSweep = 64;

// An update in place keeps the item where it is; far smaller values would waste what it takes.
bool FitsInPlace(const Item* item, uint64_t bytes) {
  const uint64_t capacity = uint64_t{item->capacity} * 8;
  return bytes <= capacity && bytes * 2 >= capacity;
}

Offset Allocate(EngineState& state, Shard& shard, Counters* counters, Log log, uint32_t bytes,
                bool* moved) CATZ_REQUIRES(shard.mutex) {
  for (int i = 0; i < kRoomTries; i++) {
    if (const Offset at = AppendToLog(state, shard, log, bytes, kSparedForMoves)) return at;
    *moved = true;
    const Pressure pressure = i < kGentleTries ? Pressure::kFair : Pressure::kDrop;
    const Reclaimed reclaimed = ReclaimStep(state, shard, counters, ~0u, pressure);
    if (reclaimed == Reclaimed::kNothing) return 0;
  }
  return 0;
}

// A little of the work that writes cause is done by each write. True: room has to come from another
// shard, whose mutex may not be taken here.
bool Maintain(EngineState& state, Shard& shard, Counters* counters) CATZ_REQUIRES(shard.mutex) {
  bool elsewhere = false;
  if (shard.wants_room) {
    const Reclaimed reclaimed = ReclaimStep(state, shard, counters, kReclaimBatch, Pressure::kFair);
    elsewhere = reclaimed == Reclaimed::kNothing;
    const bool freed = elsewhere || reclaimed == Reclaimed::kSegment;
    if (freed && FreeSegments(state) >= LowWater(state)) shard.wants_room = elsewhere = false;
  }
  if (++shard.writes % kWritesPerSweep == 0) SweepStep(state, shard, counters, kReclaimBatch);
  return elsewhere;
}

enum class Try { kStored, kStoredInPlace, kNoRoom };

Try TryStore(EngineState& state, Shard& shard, Counters* counters, const Key& key,
             const uint8_t* value, uint64_t size, int64_t expires_at) CATZ_REQUIRES(shard.mutex) {
  const uint32_t bytes = static_cast<uint32_t>(ItemBytes(key.size, size));
  SlotRef existing = FindKey(state, shard, key);
  Log log;
  if (existing) {
    Item* const item = ItemOf(state, existing);
    const SegmentId id = state.SegmentAt(slot::OffsetOf(LoadRelaxed(existing.word)));
    if (FitsInPlace(item, bytes)) {
      RewriteItem(item, value, size, expires_at);
      Segment& row = state.segments[id];
      if (expires_at < row.first_expiry) row.first_expiry = expires_at;
      return Try::kStoredInPlace;
    }
    log = LogOf(state.segments[id]);
  } else {
    log = LogOfNewItem(state.policy, shard.ghost_used && state.GhostOf(shard).Take(key.hash));
  }
  bool moved = false;
  const Offset at = Allocate(state, shard, counters, log, bytes, &moved);
  if (at == 0) return Try::kNoRoom;
  if (moved) existing = FindKey(state, shard, key);
  WriteItem(ItemAt(state, at), key, value, size, expires_at, 0, static_cast<uint16_t>(bytes / 8));
  PublishEntry(state, shard, counters, key.hash, at, bytes, expires_at, existing);
  return Try::kStored;
}

}  // namespace

WriteStatus StoreEntry(EngineState& state, Counters* counters, const Key& key, const uint8_t* value,
                       uint64_t size, int64_t expires_at) {
  Shard& shard = state.ShardOf(key.hash);
  for (int i = 0; i < kRoomTries; i++) {
    Try stored;
    bool elsewhere = false;
    {
      MutexLock lock(shard.mutex);
      stored = TryStore(state, shard, counters, key, value, size, expires_at);
      if (stored != Try::kNoRoom) {
        state.BumpGeneration(key.hash);
        Count(counters, Counter::kSets);
        if (stored == Try::kStoredInPlace) Count(counters, Counter::kUpdatesInPlace);
        elsewhere = Maintain(state, shard, counters);
      }
    }
    if (stored != Try::kNoRoom) {
      if (elsewhere) RelieveLargestShard(state, counters, kReclaimBatch, Pressure::kFull);
      return stored == Try::kStored ? WriteStatus::kStored : WriteStatus::kStoredInPlace;
    }
    const Pressure pressure = i < kGentleTries ? Pressure::kFull : Pressure::kDrop;
    if (RelieveLargestShard(state, counters, ~0u, pressure) == Reclaimed::kNothing) break;
  }
  RemoveKey(state, nullptr, key);
  Count(counters, Counter::kRefusedNoRoom);
  return WriteStatus::kNoRoom;
}

bool RemoveKey(EngineState& state, Counters* counters, const Key& key) {
  Shard& shard = state.ShardOf(key.hash);
  MutexLock lock(shard.mutex);
  bool live = false;
  if (const SlotRef ref = FindKey(state, shard, key)) {
    live = !IsExpired(ItemOf(state, ref)->expiry_flags, state.CoarseNow());
    Count(counters, live ? Counter::kDeletes : Counter::kExpiredOnRead);
    RemoveEntry(state, shard, ref);
  }
  state.BumpGeneration(key.hash);
  return live;
}

bool TouchKey(EngineState& state, Counters* counters, const Key& key, int64_t expires_at) {
  Shard& shard = state.ShardOf(key.hash);
  MutexLock lock(shard.mutex);
  const SlotRef ref = FindKey(state, shard, key);
  bool live = false;
  if (ref) {
    Item* const item = ItemOf(state, ref);
    live = !IsExpired(item->expiry_flags, state.CoarseNow());
    if (live) {
      StoreRelaxed(&item->expiry_flags, ExpiryWord(expires_at, item->expiry_flags & kFlagMask));
      Segment& row = state.segments[state.SegmentAt(slot::OffsetOf(LoadRelaxed(ref.word)))];
      if (expires_at < row.first_expiry) row.first_expiry = expires_at;
    } else {
      Count(counters, Counter::kExpiredOnRead);
      RemoveEntry(state, shard, ref);
    }
  }
  state.BumpGeneration(key.hash);
  return live;
}

void RemoveExpired(EngineState& state, Counters* counters, const Key& key) {
  Shard& shard = state.ShardOf(key.hash);
  if (!shard.mutex.TryLock()) return;
  const SlotRef ref = FindKey(state, shard, key);
  if (ref && IsExpired(ItemOf(state, ref)->expiry_flags, state.CoarseNow())) {
    Count(counters, Counter::kExpiredOnRead);
    RemoveEntry(state, shard, ref);
  }
  shard.mutex.Unlock();
}

void ClearShard(EngineState& state, Shard& shard) {
  MutexLock lock(shard.mutex);
  ResetIndex(state, shard);
  shard.victim = kNoSegment;
  shard.swept = kNoSegment;
  for (uint32_t log = 0; log < kLogs; log++) {
    shard.open[log] = shard.cleaned[log] = kNoSegment;
  }
  Queue* const queues[] = {&shard.queues[kSmallLog], &shard.queues[kMainLog], &shard.large};
  for (Queue* queue : queues) {
    while (queue->head != kNoSegment) {
      const SegmentId id = queue->head;
      Unlink(state, *queue, id);
      FreeSegment(state, shard, id);
    }
  }
  if (shard.ghost_used) state.GhostOf(shard).Clear();
  shard.ghost_used = false;
  shard.wants_room = false;
  StoreRelaxed(&shard.entries, uint64_t{0});
  StoreRelaxed(&shard.live_bytes, uint64_t{0});
}

}  // namespace catzilla
