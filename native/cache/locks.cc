#include "locks.h"

#include "recover.h"
#include "write.h"

namespace catzilla {

namespace {

template <class T>
bool Acquire(EngineState& state, T& mutex, Wait wait, bool* owner_died) {
  const Locked locked =
      wait == Wait::kBriefly ? mutex.TryLock() : mutex.Lock(state.lock_timeout_ms);
  *owner_died = locked == Locked::kOwnerDied;
  if (*owner_died) AddRelaxed(&state.header->recoveries, uint64_t{1});
  return locked != Locked::kTimedOut;
}

}  // namespace

ShardLock::ShardLock(EngineState& state, Shard& shard, Wait wait) CATZ_NO_ANALYSIS : shard_(shard) {
  bool owner_died;
  held_ = Acquire(state, shard.mutex, wait, &owner_died);
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
  held_ = Acquire(state, header_.mutex, wait, &owner_died);
  if (held_ && owner_died) RecountSegments(state);
}
ArenaLock::~ArenaLock() CATZ_NO_ANALYSIS {
  if (held_) header_.mutex.Unlock();
}

RunLock::RunLock(EngineState& state) CATZ_NO_ANALYSIS : header_(*state.header) {
  bool owner_died;
  held_ = Acquire(state, header_.run_mutex, Wait::kAsLongAsAllowed, &owner_died);
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
