#include "write.h"

#include "expire.h"
#include "pins.h"
#include "policy.h"
#include "reclaim.h"
#include "sweep.h"
#include "tags.h"
#include "version.h"

namespace catzilla {

namespace {

constexpr int kRoomTries = 8;
constexpr int kGentleTries = 6;  // before live items are dropped whatever their frequency
constexpr uint32_t kWritesPerSweep = 64;

// An update in place keeps the item where it is; far smaller values would waste what it takes.
bool FitsInPlace(const Item* item, const Content& content, uint64_t bytes) {
  const uint64_t capacity = uint64_t{item->capacity} * 8;
  return bytes <= capacity && bytes * 2 >= capacity &&
         TagCountOf(item->expiry_flags) == content.tag_count;
}

// Replaces value and tags. False, with nothing changed: the bytes are leased. Sequence first, then
// pins: see pins.h. REQUIRES: FitsInPlace.
bool RewriteItem(EngineState& state, Item* item, Offset offset, const Content& content) {
  const uint32_t sequence = LoadRelaxed(&item->sequence);
  StoreSeqCst(&item->sequence, sequence + 1);
  if (IsPinned(state, state.SegmentAt(offset))) {
    StoreRelease(&item->sequence, sequence + 2);
    return false;
  }
  FenceRelease();  // pairs with the reader's acquire fence: new bytes seen => odd sequence seen
  const uint64_t flags = LoadRelaxed(&item->expiry_flags) & kFlagMask;
  StoreRelaxed(&item->expiry_flags, ExpiryWord(content.expires_at, flags));
  StoreRelaxed(&item->value_size, static_cast<uint32_t>(content.size));
  uint8_t* const bytes = reinterpret_cast<uint8_t*>(item);
  if (content.tag_count != 0) {
    uint64_t* const tags = reinterpret_cast<uint64_t*>(bytes + TagsOffset(item->key_size));
    StoreRelaxed(tags, content.epoch);
    for (uint32_t i = 0; i < content.tag_count; i++) StoreRelaxed(tags + 1 + i, content.tags[i]);
  }
  RacyWrite(bytes + ValueOffset(item->key_size, content.tag_count), content.value, content.size);
  SealItem(state, item, offset);
  StoreRelease(&item->sequence, sequence + 2);
  return true;
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

enum class Try { kStored, kStoredInPlace, kNoRoom, kOvertaken };

Try TryStore(EngineState& state, Shard& shard, Counters* counters, const Key& key,
             const Content& content, const WriteOptions& options) CATZ_REQUIRES(shard.mutex) {
  const bool is_in_doubt = options.has_version && state.is_shared;
  const uint32_t bytes = static_cast<uint32_t>(content.Bytes(key));
  SlotRef existing = FindKey(state, shard, key);
  Log log;
  if (existing) {
    const Offset offset = slot::OffsetOf(LoadRelaxed(existing.word));
    Item* const item = ItemAt(state, offset);
    Segment& row = state.segments[state.SegmentAt(offset)];
    // In doubt the old value must be readable until the new one is, and that is elsewhere.
    if (!is_in_doubt && FitsInPlace(item, content, bytes) &&
        RewriteItem(state, item, offset, content)) {
      if (content.expires_at < row.first_expiry) row.first_expiry = content.expires_at;
      return Try::kStoredInPlace;
    }
    log = LogOf(row);
  } else {
    log = LogOfNewItem(state.policy, shard.ghost_used && state.GhostOf(shard).Take(key.hash));
  }
  bool moved = false;
  const Offset at = Allocate(state, shard, counters, log, bytes, &moved);
  if (at == 0) return Try::kNoRoom;
  if (moved) existing = FindKey(state, shard, key);
  Item* const item = ItemAt(state, at);
  WriteItem(item, key, content, static_cast<uint16_t>(bytes / 8));
  SealItem(state, item, at);
  if (is_in_doubt) StoreRelaxed(&item->sequence, 1u);
  PublishEntry(state, shard, counters, key.hash, at, bytes, content.expires_at, existing);
  if (is_in_doubt && !Confirm(state, shard, item, key, options)) return Try::kOvertaken;
  return Try::kStored;
}

// Whether what is to be stored was computed before it was invalidated.
bool IsOutdated(const EngineState& state, const WriteOptions& options) {
  if (!options.has_since) return false;
  if (options.since < LoadAcquire(&state.header->clear_epoch)) return true;
  // From another arena, or from before this one was made anew: nobody can tell.
  if (options.since > LoadSeqCst(state.tag_epoch)) return true;
  return options.tag_count != 0 &&
         AnyInvalidated(state, options.tags, options.tag_count, options.since);
}

}  // namespace

WriteStatus ObjectionTo(const EngineState& state, const Key& key, const WriteOptions& options) {
  if (!IsUnchanged(state, key.hash, options)) return WriteStatus::kVersion;
  return IsOutdated(state, options) ? WriteStatus::kSince : WriteStatus::kStored;
}

bool Confirm(EngineState& state, Shard& shard, Item* item, const Key& key,
             const WriteOptions& options) {
  FenceSeqCst();  // pairs with the one of SetExpiryUnlocked
  if (IsUnchanged(state, key.hash, options)) {
    StoreRelease(&item->sequence, LoadRelaxed(&item->sequence) + 1);
    return true;
  }
  RemoveEntry(state, shard, FindKey(state, shard, key));
  state.BumpGeneration(key.hash);
  return false;
}

WriteStatus StoreEntry(EngineState& state, Counters* counters, const Key& key, Content content,
                       const WriteOptions& options) {
  Shard& shard = state.ShardOf(key.hash);
  WriteStatus refusal = WriteStatus::kNoRoom;
  for (int i = 0; i < kRoomTries; i++) {
    Try stored = Try::kNoRoom;
    bool elsewhere = false;
    {
      ShardLock lock(state, shard);
      if (!lock) {
        refusal = WriteStatus::kLockTimeout;
        break;
      }
      const WriteStatus objection = ObjectionTo(state, key, options);
      if (objection != WriteStatus::kStored) {
        refusal = objection;
        break;
      }
      // Not outdated, so what is behind a pass is behind it, too.
      content.epoch = RaisedEpoch(state, content.epoch);
      const Intent intent(shard, key.hash);
      stored = TryStore(state, shard, counters, key, content, options);
      if (stored == Try::kOvertaken) {
        refusal = WriteStatus::kVersion;
        break;
      }
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
  return Refuse(state, counters, key, refusal, options);
}

namespace {

// Whether a live entry was removed. Its version changes in either case.
bool RemoveLocked(EngineState& state, Shard& shard, Counters* counters, const Key& key)
    CATZ_REQUIRES(shard.mutex) {
  const Intent intent(shard, key.hash);
  bool live = false;
  if (const SlotRef ref = FindKey(state, shard, key)) {
    live = IsLive(state, ItemOf(state, ref), state.CoarseNow());
    if (live) {
      Count(counters, Counter::kDeletes);
      RemoveEntry(state, shard, ref);
    } else {
      RemoveDue(state, shard, counters, ref, Counter::kExpiredOnRead);
    }
  }
  state.BumpGeneration(key.hash);
  return live;
}

// Removes what a refused write was to replace; false, with nothing changed: it is newer than that.
bool RemoveReplaced(EngineState& state, const Key& key, WriteStatus why,
                    const WriteOptions& options) {
  if (why == WriteStatus::kVersion || !IsUnchanged(state, key.hash, options)) return false;
  if (why != WriteStatus::kLockTimeout) {  // else no second wait for the same mutex
    Shard& shard = state.ShardOf(key.hash);
    ShardLock lock(state, shard);
    if (lock) {
      const bool replaced = IsUnchanged(state, key.hash, options);
      if (replaced) RemoveLocked(state, shard, nullptr, key);
      return replaced;
    }
  }
  SetExpiryUnlocked(state, key, 0);
  return true;
}

}  // namespace

WriteStatus Refuse(EngineState& state, Counters* counters, const Key& key, WriteStatus why,
                   const WriteOptions& options) {
  if (!RemoveReplaced(state, key, why, options)) why = WriteStatus::kVersion;
  switch (why) {
    case WriteStatus::kTooLarge:
      Count(counters, Counter::kRefusedTooLarge);
      break;
    case WriteStatus::kLockTimeout:
      Count(counters, Counter::kRefusedLockTimeout);
      break;
    case WriteStatus::kSince:
      Count(counters, Counter::kRefusedSince);
      break;
    case WriteStatus::kVersion:
      Count(counters, Counter::kRefusedVersion);
      break;
    default:
      Count(counters, Counter::kRefusedNoRoom);
  }
  return why;
}

// An entry that is found not to be live counts as what made it so, whoever finds it.
void RemoveDue(EngineState& state, Shard& shard, Counters* counters, const SlotRef& ref,
               Counter expired) {
  const Item* const item = ItemOf(state, ref);
  const bool is_void = IsVoid(state, item);
  const bool is_expired = IsExpired(item->expiry_flags, state.CoarseNow());
  Count(counters, is_void && !is_expired ? Counter::kInvalidated : expired);
  RemoveEntry(state, shard, ref);
}

bool RemoveKey(EngineState& state, Counters* counters, const Key& key) {
  Shard& shard = state.ShardOf(key.hash);
  ShardLock lock(state, shard);
  if (!lock) {
    const bool live = SetExpiryUnlocked(state, key, 0);
    if (live) Count(counters, Counter::kDeletes);
    return live;
  }
  return RemoveLocked(state, shard, counters, key);
}

bool TouchKey(EngineState& state, Counters* counters, const Key& key, int64_t expires_at) {
  Shard& shard = state.ShardOf(key.hash);
  ShardLock lock(state, shard);
  if (!lock) return SetExpiryUnlocked(state, key, expires_at);
  const SlotRef ref = FindKey(state, shard, key);
  bool live = false;
  if (ref) {
    Item* const item = ItemOf(state, ref);
    const uint64_t seen = LoadSeqCst(&item->expiry_flags);
    live = IsLive(state, item, state.CoarseNow());
    if (live) {
      // Lost only to a removal that could not wait for us: then there is nothing left to renew.
      live = CompareExchangeSeqCst(&item->expiry_flags, seen,
                                   ExpiryWord(expires_at, seen & kFlagMask));
      Segment& row = state.segments[state.SegmentAt(slot::OffsetOf(LoadRelaxed(ref.word)))];
      if (expires_at < row.first_expiry) row.first_expiry = expires_at;
    } else {
      RemoveDue(state, shard, counters, ref, Counter::kExpiredOnRead);
    }
  }
  state.BumpGeneration(key.hash);
  return live;
}

void RemoveStale(EngineState& state, Counters* counters, const Key& key) {
  Shard& shard = state.ShardOf(key.hash);
  ShardLock lock(state, shard, Wait::kBriefly);
  if (!lock) return;
  const SlotRef ref = FindKey(state, shard, key);
  if (ref && !IsLive(state, ItemOf(state, ref), state.CoarseNow())) {
    RemoveDue(state, shard, counters, ref, Counter::kExpiredOnRead);
  }
}

void ClearShard(EngineState& state, Shard& shard) {
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
