#include "tag_pass.h"

#include "clock.h"
#include "reclaim.h"
#include "tags.h"
#include "write.h"

namespace catzilla {

namespace {

// The mutex, when it is free. A pass that its owner died in begins anew.
class CATZ_SCOPED PassLock {
 public:
  explicit PassLock(EngineState& state) CATZ_ACQUIRE(state.header->pass_mutex) CATZ_NO_ANALYSIS
      : header_(*state.header) {
    const Locked locked = header_.pass_mutex.TryLock();
    held_ = locked != Locked::kTimedOut;
    if (locked == Locked::kOwnerDied) StoreRelaxed(&header_.tag_pass, uint64_t{0});
  }
  ~PassLock() CATZ_RELEASE() CATZ_NO_ANALYSIS {
    if (held_) header_.pass_mutex.Unlock();
  }
  PassLock(const PassLock&) = delete;
  PassLock& operator=(const PassLock&) = delete;
  explicit operator bool() const { return held_; }

 private:
  Header& header_;
  bool held_;
};

bool Begin(EngineState& state) CATZ_REQUIRES(state.header->pass_mutex) {
  const uint64_t epoch = LoadSeqCst(state.tag_epoch);
  if (epoch - LoadSeqCst(&state.header->tag_floor) < NoteCount(state) / 4) return false;
  for (uint32_t i = 0; i < state.header->geometry.processes; i++) {
    if (LoadSeqCst(&state.processes[i].noting) != 0) return false;  // next time
  }
  state.header->pass_segment = 0;
  state.header->pass_at = 0;
  StoreSeqCst(&state.header->tag_pass, epoch);
  return true;
}

void Visit(EngineState& state, Shard& shard, Counters* counters, Offset offset, uint64_t* removed)
    CATZ_REQUIRES(shard.mutex) {
  Item* const item = ItemAt(state, offset);
  const uint64_t word = LoadRelaxed(&item->expiry_flags);
  if (word & kDead || TagCountOf(word) == 0) return;
  if (!IsVoid(state, item)) {
    uint64_t* const epoch =
        reinterpret_cast<uint64_t*>(reinterpret_cast<uint8_t*>(item) + TagsOffset(item->key_size));
    StoreRelaxed(epoch, RaisedEpoch(state, LoadRelaxed(epoch)));
    return;
  }
  const uint64_t hash = HashBytes(item->key(), item->key_size, state.hash_seed);
  const SlotRef ref = FindOffset(state, shard, hash, offset);
  if (!ref) return;
  RemoveDue(state, shard, counters, ref, Counter::kExpiredSwept);
  (*removed)++;
}

enum class Step { kMore, kDone, kLater };

// The next items of the segment the pass has come to.
Step VisitSome(EngineState& state, Counters* counters, uint64_t* removed)
    CATZ_REQUIRES(state.header->pass_mutex) {
  const SegmentId id = state.header->pass_segment;
  Segment& row = state.segments[id];
  const auto holds_items = [&row] {
    const Role role = RoleOf(row);
    return role == Role::kSmall || role == Role::kMain || role == Role::kLarge;
  };
  if (!holds_items()) return Step::kDone;
  Shard& shard = state.shards[LoadRelaxed(&row.shard)];
  ShardLock lock(state, shard, Wait::kBriefly);
  if (!lock) return Step::kLater;
  if (!holds_items() || LoadRelaxed(&row.shard) != state.ShardNumber(shard)) return Step::kMore;
  if (RoleOf(row) == Role::kLarge) {
    Visit(state, shard, counters, state.StartOf(id), removed);
    return Step::kDone;
  }
  if (state.header->pass_at == 0) state.header->pass_version = row.version;
  if (state.header->pass_version != row.version) state.header->pass_at = 0;
  for (uint32_t i = 0; i < kReclaimBatch; i++) {
    if (state.header->pass_at >= row.append) return Step::kDone;
    const Offset offset = state.StartOf(id) + state.header->pass_at;
    state.header->pass_at += uint32_t{ItemAt(state, offset)->capacity} * 8;
    Visit(state, shard, counters, offset, removed);
    if (row.version != state.header->pass_version) return Step::kDone;  // it was the last one
  }
  return Step::kMore;
}

}  // namespace

uint64_t PassTags(EngineState& state, Counters* counters, int64_t deadline_ns) {
  uint64_t removed = 0;
  PassLock lock(state);
  if (!lock) return 0;
  if (LoadSeqCst(&state.header->tag_pass) == 0 && !Begin(state)) return 0;
  while (state.header->pass_segment < state.segment_count) {
    if (MonotonicNs() >= deadline_ns) return removed;
    const Step step = VisitSome(state, counters, &removed);
    if (step == Step::kLater) return removed;
    if (step == Step::kMore) continue;
    state.header->pass_segment++;
    state.header->pass_at = 0;
  }
  RaiseTo(&state.header->tag_floor, LoadSeqCst(&state.header->tag_pass));
  StoreSeqCst(&state.header->tag_pass, uint64_t{0});
  return removed;
}

}  // namespace catzilla
