#include "reclaim.h"

#include "policy.h"
#include "write.h"

namespace catzilla {

namespace {

uint64_t HashOf(const EngineState& state, const Item* item) {
  return HashBytes(item->key(), item->key_size, state.hash_seed);
}

// The emptiest sealed segment, if it is at most half live.
SegmentId Cleanable(const EngineState& state, const Shard& shard) CATZ_REQUIRES(shard.mutex) {
  SegmentId best = kNoSegment;
  uint32_t best_live = state.segment_bytes() / 2 + 1;
  for (const Queue& queue : shard.queues) {
    for (SegmentId id = queue.head; id != kNoSegment; id = state.segments[id].next) {
      const uint32_t live = state.segments[id].live_bytes;
      if (live >= best_live || IsOpen(shard, id)) continue;
      best = id;
      best_live = live;
    }
  }
  return best;
}

SegmentId OldestSealed(const EngineState& state, const Shard& shard, Log log)
    CATZ_REQUIRES(shard.mutex) {
  SegmentId id = shard.queues[log].head;
  while (id != kNoSegment && shard.open[log] == id) id = state.segments[id].next;
  return id;
}

bool ChooseVictim(EngineState& state, Shard& shard, Pressure pressure) CATZ_REQUIRES(shard.mutex) {
  shard.victim_at = 0;
  // What is moved needs somewhere to go.
  shard.victim_cleaning = true;
  if (FreeSegments(state) != 0) shard.victim = Cleanable(state, shard);
  if (shard.victim != kNoSegment) return true;
  // Others hold more: what lives here need not go for what is dead there.
  if (pressure == Pressure::kFair && LoadRelaxed(&shard.segments) < FairShare(state)) return false;

  shard.victim_cleaning = false;
  const Log log =
      VictimLog(state.policy, shard.queues[kSmallLog].count, shard.queues[kMainLog].count);
  const Log other = log == kSmallLog ? kMainLog : kSmallLog;
  SegmentId id = OldestSealed(state, shard, log);
  if (id == kNoSegment) id = OldestSealed(state, shard, other);
  for (uint32_t i = 0; i < kLogs && id == kNoSegment; i++) {
    id = shard.open[i];  // the last resort: give up what is being filled
    shard.open[i] = kNoSegment;
  }
  for (SegmentId& cleaned : shard.cleaned) {
    if (cleaned == id) cleaned = kNoSegment;
  }
  shard.victim = id;
  return id != kNoSegment;
}

// Moves or evicts one live item of the victim.
void SettleItem(EngineState& state, Shard& shard, Counters* counters, const SlotRef& ref,
                uint64_t hash, bool drop) CATZ_REQUIRES(shard.mutex) {
  const uint64_t word = LoadRelaxed(ref.word);
  const uint32_t bytes = uint32_t{ItemOf(state, ref)->capacity} * 8;
  uint32_t frequency = slot::FrequencyOf(word);
  Offset target = 0;
  if (shard.victim_cleaning) {
    if (!drop) target = AppendBeside(state, shard, shard.victim, bytes);
  } else {
    const Log log = LogOf(state.segments[shard.victim]);
    // Only what was read has a near copy, and a read in the small log is reason enough to move on:
    // a visit seen there for an unread item is that of another key with the same byte.
    if (log == kMainLog) frequency += state.TakeVisit(hash);
    const Fate fate = FateOf(state.policy, log, frequency > 3 ? 3 : frequency);
    if (fate.remember) {
      shard.ghost_used = true;
      state.GhostOf(shard).Insert(hash);
    }
    if (fate.keep && !drop) target = AppendToLog(state, shard, kMainLog, bytes, 0);
    frequency = fate.frequency;
  }
  if (target == 0) {
    EvictEntry(state, shard, counters, ref);
    return;
  }
  if (shard.victim_cleaning) Count(counters, Counter::kCleanedBytes, bytes);
  MoveEntry(state, shard, ref, target, frequency);
}

void FinishVictim(EngineState& state, Shard& shard, Counters* counters) CATZ_REQUIRES(shard.mutex) {
  const SegmentId id = shard.victim;
  shard.victim = kNoSegment;
  if (shard.victim_cleaning) Count(counters, Counter::kCleanedSegments);
  Unlink(state, shard.queues[LogOf(state.segments[id])], id);
  FreeSegment(state, shard, id);
}

// Evicts up to kReclaimBatch items of a sealed log segment; the last one frees it.
void EvictItems(EngineState& state, Shard& shard, Counters* counters, SegmentId id, uint32_t* at)
    CATZ_REQUIRES(shard.mutex) {
  const Segment& row = state.segments[id];
  const uint64_t version = row.version;
  for (uint32_t i = 0; i < kReclaimBatch && *at < row.append; i++) {
    const Offset offset = state.StartOf(id) + *at;
    const Item* const item = ItemAt(state, offset);
    *at += uint32_t{item->capacity} * 8;
    if (item->expiry_flags & kDead) continue;
    const SlotRef ref = FindOffset(state, shard, HashOf(state, item), offset);
    if (ref) EvictEntry(state, shard, counters, ref);
    if (row.version != version) return;
  }
}

}  // namespace

Reclaimed ReclaimStep(EngineState& state, Shard& shard, Counters* counters, uint32_t items,
                      Pressure pressure) {
  const bool drop = pressure == Pressure::kDrop;
  if (shard.victim == kNoSegment && !ChooseVictim(state, shard, pressure)) {
    if (pressure == Pressure::kFair || shard.large.head == kNoSegment) return Reclaimed::kNothing;
    EvictLarge(state, shard, counters, shard.large.head);
    return Reclaimed::kSegment;
  }
  const Segment& row = state.segments[shard.victim];
  const int64_t now = state.CoarseNow();
  for (uint32_t i = 0; i < items; i++) {
    if (shard.victim_at >= row.append) {
      FinishVictim(state, shard, counters);
      return Reclaimed::kSegment;
    }
    const Offset offset = state.StartOf(shard.victim) + shard.victim_at;
    const Item* const item = ItemAt(state, offset);
    shard.victim_at += uint32_t{item->capacity} * 8;
    if (item->expiry_flags & kDead) continue;
    const uint64_t hash = HashOf(state, item);
    const SlotRef ref = FindOffset(state, shard, hash, offset);
    if (!ref) continue;
    if (!IsLive(state, item, now)) {
      RemoveDue(state, shard, counters, ref, Counter::kExpiredSwept);
    } else {
      SettleItem(state, shard, counters, ref, hash, drop);
    }
  }
  return Reclaimed::kPartly;
}

Reclaimed RelieveLargestShard(EngineState& state, Counters* counters, uint32_t items,
                              Pressure pressure) {
  Shard* largest = &state.shards[0];
  for (uint32_t i = 1; i <= state.shard_mask; i++) {
    if (LoadRelaxed(&state.shards[i].segments) > LoadRelaxed(&largest->segments)) {
      largest = &state.shards[i];
    }
  }
  ShardLock lock(state, *largest);
  if (!lock) return Reclaimed::kNothing;
  return ReclaimStep(state, *largest, counters, items, pressure);
}

void EvictLarge(EngineState& state, Shard& shard, Counters* counters, SegmentId id) {
  const Offset offset = state.StartOf(id);
  const SlotRef ref = FindOffset(state, shard, HashOf(state, ItemAt(state, offset)), offset);
  if (ref) EvictEntry(state, shard, counters, ref);
}

bool EmptySegment(EngineState& state, Counters* counters, SegmentId id) {
  Segment& row = state.segments[id];
  uint32_t at = 0;
  for (;;) {
    if (RoleOf(row) == Role::kFree) return true;
    Shard& shard = state.shards[LoadRelaxed(&row.shard)];
    ShardLock lock(state, shard);
    if (!lock) return false;
    const Role role = RoleOf(row);
    if (role == Role::kFree || LoadRelaxed(&row.shard) != state.ShardNumber(shard)) continue;
    switch (role) {
      case Role::kLarge:
        EvictLarge(state, shard, counters, id);
        continue;
      case Role::kLargeTail:
        EvictLarge(state, shard, counters, row.previous);
        continue;
      case Role::kSmall:
      case Role::kMain:
        break;
      default:
        return false;
    }
    // Nobody else may append to it or empty it; Seal frees it when nothing in it lives.
    SegmentId* const holders[] = {&shard.victim, &shard.open[kSmallLog], &shard.open[kMainLog],
                                  &shard.cleaned[kSmallLog], &shard.cleaned[kMainLog]};
    for (SegmentId* holder : holders) {
      if (*holder == id) Seal(state, shard, holder);
    }
    if (RoleOf(row) == role) EvictItems(state, shard, counters, id, &at);
  }
}

}  // namespace catzilla
