// Values too big for a log: each gets a run of neighbouring segments of its own.
//
// Three quarters of the segments at most may belong to runs; past that the oldest run goes, or is
// passed over once if it was read. When no run of free segments exists, the window with the fewest
// live bytes is emptied. The window is chosen and claimed under the arena's mutex, emptied segment
// by segment under each owner's, taken under the arena's, published under the key's. One run is
// placed at a time (header.run_mutex, locked before any shard).
#include "pins.h"
#include "reclaim.h"
#include "version.h"
#include "write.h"

namespace catzilla {

namespace {

constexpr int kRunTries = 4;

bool IsRunOf(const EngineState& state, SegmentId first, uint32_t count, Role role) {
  for (SegmentId id = first; id < first + count; id++) {
    if (RoleOf(state.segments[id]) != role) return false;
  }
  return true;
}

// Bytes that would be lost by emptying the segment; negative when it cannot be emptied.
int64_t CostOf(const EngineState& state, SegmentId id) {
  switch (RoleOf(state.segments[id])) {
    case Role::kFree:
      return 0;
    case Role::kSmall:
    case Role::kMain:
      return int64_t{1} + LoadRelaxed(&state.segments[id].live_bytes);
    case Role::kLarge:
    case Role::kLargeTail:
      return int64_t{1} + state.segment_bytes();
    default:
      return -1;
  }
}

SegmentId CheapestBelow(const EngineState& state, uint32_t count, uint32_t total) {
  SegmentId best = kNoSegment;
  int64_t best_cost = INT64_MAX;
  int64_t cost = 0;
  uint32_t length = 0;
  for (SegmentId id = 0; id < total; id++) {
    const int64_t here = CostOf(state, id);
    if (here < 0) {
      cost = 0;
      length = 0;
      continue;
    }
    cost += here;
    if (length == count) {
      cost -= CostOf(state, id - count);
    } else {
      length++;
    }
    if (length == count && cost < best_cost) {
      best = id + 1 - count;
      best_cost = cost;
    }
  }
  return best;
}

// Index segments cannot be emptied, and a few in the wrong places leave no window: they come from
// the top, so the top eighth is taken only when there is no other.
SegmentId CheapestWindow(const EngineState& state, uint32_t count) {
  const uint32_t active =
      SegmentsFor(state.header->geometry, LoadRelaxed(&state.header->max_bytes));
  const SegmentId below = CheapestBelow(state, count, active - active / 8);
  return below != kNoSegment ? below : CheapestBelow(state, count, state.segment_count);
}

void TakeRun(EngineState& state, SegmentId first, uint32_t count)
    CATZ_REQUIRES(state.header->mutex) {
  for (SegmentId id = first; id < first + count; id++) {
    StoreRelaxed(&state.segments[id].claimer, state.process);
    SetRole(state.segments[id], Role::kClaimedRun);
  }
  StoreRelaxed(&state.segments[first].order, state.header->next_order++);
  StoreRelaxed(&state.header->free, state.header->free - count);
  AddRelaxed(&state.header->large, count);
}

SegmentId OldestRun(const EngineState& state) {
  SegmentId oldest = kNoSegment;
  uint64_t order = UINT64_MAX;
  const uint32_t total = state.header->geometry.segment_count;
  for (SegmentId id = 0; id < total; id++) {
    const Segment& row = state.segments[id];
    if (RoleOf(row) != Role::kLarge || LoadRelaxed(&row.order) >= order) continue;
    oldest = id;
    order = LoadRelaxed(&row.order);
  }
  return oldest;
}

uint64_t NextOrder(EngineState& state) {
  ArenaLock lock(state);
  return lock ? state.header->next_order++ : 0;
}

// Evicts the oldest run, or makes it the youngest if it was read since it was last looked at.
bool AgeOldestRun(EngineState& state, Counters* counters) {
  const SegmentId id = OldestRun(state);
  if (id == kNoSegment) return false;
  Segment& row = state.segments[id];
  Shard& shard = state.shards[LoadRelaxed(&row.shard)];
  ShardLock lock(state, shard);
  if (!lock) return false;
  if (RoleOf(row) != Role::kLarge || LoadRelaxed(&row.shard) != state.ShardNumber(shard))
    return true;
  const Offset offset = state.StartOf(id);
  Item* const item = ItemAt(state, offset);
  const uint64_t hash = HashBytes(item->key(), item->key_size, state.hash_seed);
  const SlotRef ref = FindOffset(state, shard, hash, offset);
  const uint64_t word = LoadRelaxed(ref.word);
  if (!IsLive(state, item, state.CoarseNow())) {
    RemoveDue(state, shard, counters, ref, Counter::kExpiredSwept);
    return true;
  }
  if (slot::FrequencyOf(word) + state.TakeVisit(hash) == 0) {
    EvictEntry(state, shard, counters, ref);
    return true;
  }
  const uint64_t seen = LoadRelaxed(&item->expiry_flags);
  const uint32_t reads = ReadsOf(seen, slot::FrequencyOf(word));
  // Lost only to a removal or renewal without the mutex, and then a few reads are lost.
  CompareExchangeSeqCst(&item->expiry_flags, seen, WithHistory(seen, reads, 0));
  StoreRelaxed(ref.word, slot::WithOffset(word, 0, offset));
  StoreRelaxed(&row.order, NextOrder(state));
  Unlink(state, shard.large, id);
  PushNewest(state, shard.large, id);
  return true;
}

enum class Claim { kTaken, kChosen, kNone };

// Takes a window of free segments, or chooses one to be emptied and keeps others from taking it.
Claim ClaimRun(EngineState& state, uint32_t count, SegmentId* first)
    CATZ_REQUIRES(state.header->run_mutex) {
  ArenaLock lock(state);
  if (!lock) return Claim::kNone;
  if (LoadRelaxed(&state.header->quarantined) != 0) FreeQuarantined(state);
  *first = CheapestWindow(state, count);
  if (*first == kNoSegment) return Claim::kNone;
  if (IsRunOf(state, *first, count, Role::kFree)) {
    TakeRun(state, *first, count);
    return Claim::kTaken;
  }
  state.header->claim_low = *first;
  state.header->claim_high = *first + count;
  return Claim::kChosen;
}

bool TakeClaimed(EngineState& state, SegmentId first, uint32_t count) {
  ArenaLock lock(state);
  if (!lock) return false;
  state.header->claim_low = state.header->claim_high = 0;
  if (!IsRunOf(state, first, count, Role::kFree)) return false;
  TakeRun(state, first, count);
  return true;
}

SegmentId AcquireRun(EngineState& state, Counters* counters, uint32_t count) {
  RunLock lock(state);
  if (!lock) return kNoSegment;
  for (int i = 0; i < kRunTries; i++) {
    SegmentId first = kNoSegment;
    const Claim claim = ClaimRun(state, count, &first);
    if (claim == Claim::kTaken) return first;
    if (claim == Claim::kNone) {
      if (!AgeOldestRun(state, counters)) return kNoSegment;
      continue;
    }
    for (SegmentId id = first; id < first + count; id++) {
      if (!EmptySegment(state, counters, id)) break;
    }
    if (TakeClaimed(state, first, count)) return first;
  }
  return kNoSegment;
}

// A run that found no use.
void GiveBackRun(EngineState& state, SegmentId first, uint32_t count) {
  ArenaLock lock(state);
  if (!lock) return;  // claimed until this process ends, and then reaped
  AddRelaxed(&state.header->large, 0u - count);
  AddFree(state, first, count);
}

// From here on the run is the shard's.
void AdoptRun(EngineState& state, Shard& shard, SegmentId first, uint32_t count)
    CATZ_REQUIRES(shard.mutex) {
  for (SegmentId id = first; id < first + count; id++) {
    Segment& row = state.segments[id];
    StoreRelaxed(&row.shard, state.ShardNumber(shard));
    StoreRelaxed(&row.live_bytes, 0u);
    row.append = 0;
    row.first_expiry = kNeverExpires;
    row.next = kNoSegment;
    StoreRelaxed(&row.previous, first);  // a tail says where its head is
    StoreRelaxed(&row.run, id == first ? count : 1u);
  }
  KeepProgramOrder();
  for (SegmentId id = first; id < first + count; id++) {
    SetRole(state.segments[id], id == first ? Role::kLarge : Role::kLargeTail);
  }
  AddRelaxed(&shard.segments, count);
  PushNewest(state, shard.large, first);
  OpenVersion(state.segments[first]);
}

}  // namespace

WriteStatus StoreLarge(EngineState& state, Counters* counters, const Key& key,
                       const Content& content, const WriteOptions& options) {
  const uint64_t bytes = content.Bytes(key);
  const uint32_t count =
      static_cast<uint32_t>((bytes + state.segment_bytes() - 1) >> state.segment_shift);
  const uint32_t limit =
      SegmentsFor(state.header->geometry, LoadRelaxed(&state.header->max_bytes)) / 4 * 3;
  SegmentId first = kNoSegment;
  if (count <= limit) {
    // Two looks at each run are enough: the first one clears its frequency.
    for (uint32_t i = 0; i < limit * 2; i++) {
      if (LoadRelaxed(&state.header->large) + count <= limit) break;
      if (!AgeOldestRun(state, counters)) break;
    }
    first = AcquireRun(state, counters, count);
  }
  if (first == kNoSegment) return Refuse(state, counters, key, WriteStatus::kNoRoom, options);
  // Nobody else knows the run yet, so the copy needs no lock.
  const Offset at = state.StartOf(first);
  Item* const item = ItemAt(state, at);
  WriteItem(item, key, content, 0);

  Shard& shard = state.ShardOf(key.hash);
  WriteStatus refusal;
  {
    ShardLock lock(state, shard);
    refusal = lock ? ObjectionTo(state, key, options) : WriteStatus::kLockTimeout;
    if (refusal == WriteStatus::kStored) {
      const Intent intent(shard, key.hash);
      const bool is_in_doubt = options.has_version && state.is_shared;
      AdoptRun(state, shard, first, count);
      SealItem(state, item, at);
      if (is_in_doubt) StoreRelaxed(&item->sequence, 1u);
      PublishEntry(state, shard, counters, key.hash, at, static_cast<uint32_t>(bytes),
                   content.expires_at, FindKey(state, shard, key));
      // Overtaken: it was removed as an entry, so there is no run to give back.
      if (is_in_doubt && !Confirm(state, shard, item, key, options)) {
        return Refuse(state, counters, key, WriteStatus::kVersion, options);
      }
      state.BumpGeneration(key.hash);
      Count(counters, Counter::kSets);
      return WriteStatus::kStored;
    }
  }
  GiveBackRun(state, first, count);
  return Refuse(state, counters, key, refusal, options);
}

}  // namespace catzilla
