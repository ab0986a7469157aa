#include "locks.h"

#include "clock.h"
#include "recover.h"
#include "write.h"

namespace catzilla {

namespace {

// Who has waited once for a process that does not move need not wait again at every call.
constexpr int64_t kOnlyTriedTimes = 20;

bool MayWait(const EngineState& state, uint32_t number) {
  const int64_t until = LoadRelaxed(&state.only_tried_until[number]);
  return until == 0 || MonotonicNs() >= until;
}

// `number`: which of only_tried_until is the mutex's.
bool Acquire(EngineState& state, ArenaMutex& mutex, uint32_t number, Wait wait, bool* owner_died) {
  int64_t* const until = &state.only_tried_until[number];
  Locked locked = mutex.TryLock();
  if (locked == Locked::kTimedOut && wait == Wait::kAsLongAsAllowed && MayWait(state, number)) {
    locked = mutex.Lock(state.lock_timeout_ms);
    if (locked == Locked::kTimedOut) {
      StoreRelaxed(until, MonotonicNs() + kOnlyTriedTimes * state.lock_timeout_ms * 1000000);
    }
  }
  *owner_died = locked == Locked::kOwnerDied;
  if (*owner_died) AddRelaxed(&state.header->recoveries, uint64_t{1});
  if (locked == Locked::kTimedOut) return false;
  if (LoadRelaxed(until) != 0) StoreRelaxed(until, int64_t{0});
  return true;
}

}  // namespace

ShardLock::ShardLock(EngineState& state, Shard& shard, Wait wait) CATZ_NO_ANALYSIS : shard_(shard) {
  bool owner_died;
  held_ = Acquire(state, shard.mutex, state.ShardNumber(shard), wait, &owner_died);
  if (!held_) return;
  if (owner_died) RebuildShard(state, shard);
  const uint64_t bit = state.ShardBit(shard);
  if (LoadAcquire(&state.header->pending_clears) & bit) {
    ClearShard(state, shard);
    AndSeqCst(&state.header->pending_clears, ~bit);
  }
}
ShardLock::~ShardLock() CATZ_NO_ANALYSIS {
  if (held_) shard_.mutex.Unlock();
}

ArenaLock::ArenaLock(EngineState& state, Wait wait) CATZ_NO_ANALYSIS : header_(*state.header) {
  bool owner_died;
  held_ = Acquire(state, header_.mutex, kMaxShards + 1, wait, &owner_died);
  if (held_ && owner_died) RecountSegments(state);
}
ArenaLock::~ArenaLock() CATZ_NO_ANALYSIS {
  if (held_) header_.mutex.Unlock();
}

RunLock::RunLock(EngineState& state) CATZ_NO_ANALYSIS : header_(*state.header) {
  bool owner_died;
  held_ = Acquire(state, header_.run_mutex, kMaxShards, Wait::kAsLongAsAllowed, &owner_died);
  if (!held_ || !owner_died) return;
  ArenaLock lock(state);
  header_.claim_low = header_.claim_high = 0;
}
RunLock::~RunLock() CATZ_NO_ANALYSIS {
  if (held_) header_.run_mutex.Unlock();
}

Intent::Intent(Shard& shard, uint64_t hash) : shard_(shard) {
  shard.intent = hash;
  KeepProgramOrder();
  shard.has_intent = 1;
  KeepProgramOrder();
}
Intent::~Intent() CATZ_NO_ANALYSIS {
  KeepProgramOrder();
  shard_.has_intent = 0;
}

}  // namespace catzilla
