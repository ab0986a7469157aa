// The guards by which an arena's mutexes are held. What a dead process has left half done is
// brought into order before the scope begins, so nobody inside has to think of it.
//
// Invariant: inside the scope what the mutex guards is whole. A guard that is false holds nothing:
// another process kept the mutex longer than lock_timeout (only in arenas that processes share).
// For twenty times as long it is then only tried, so that a stopped process does not slow every
// call. Lock order: RunLock, one ShardLock, ArenaLock.
#ifndef CATZILLA_CACHE_LOCKS_H_
#define CATZILLA_CACHE_LOCKS_H_

#include "state.h"

namespace catzilla {

// kBriefly: for work that others will do as well; does not wait.
enum class Wait { kAsLongAsAllowed, kBriefly };

// A shard's mutex. A pending Clear of the shard is carried out before the scope begins.
class CATZ_SCOPED ShardLock {
 public:
  ShardLock(EngineState& state, Shard& shard, Wait wait = Wait::kAsLongAsAllowed)
      CATZ_ACQUIRE(shard.mutex);
  ~ShardLock() CATZ_RELEASE();
  ShardLock(const ShardLock&) = delete;
  ShardLock& operator=(const ShardLock&) = delete;
  explicit operator bool() const { return held_; }

 private:
  Shard& shard_;
  bool held_;
};

// Header::mutex: the free list, the table of processes, counter blocks.
class CATZ_SCOPED ArenaLock {
 public:
  explicit ArenaLock(EngineState& state, Wait wait = Wait::kAsLongAsAllowed)
      CATZ_ACQUIRE(state.header->mutex);
  ~ArenaLock() CATZ_RELEASE();
  ArenaLock(const ArenaLock&) = delete;
  ArenaLock& operator=(const ArenaLock&) = delete;
  explicit operator bool() const { return held_; }

 private:
  Header& header_;
  bool held_;
};

// Header::run_mutex: the placing of one large value, and Resize.
class CATZ_SCOPED RunLock {
 public:
  explicit RunLock(EngineState& state) CATZ_ACQUIRE(state.header->run_mutex);
  ~RunLock() CATZ_RELEASE();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;
  explicit operator bool() const { return held_; }

 private:
  Header& header_;
  bool held_;
};

// Names the key that a write is about to change, until the scope ends: should the process die in
// it, the key is the one entry that recovery drops. REQUIRES: the shard's mutex is held.
class Intent {
 public:
  Intent(Shard& shard, uint64_t hash) CATZ_REQUIRES(shard.mutex);
  ~Intent();
  Intent(const Intent&) = delete;
  Intent& operator=(const Intent&) = delete;

 private:
  Shard& shard_;
};

}  // namespace catzilla

#endif  // CATZILLA_CACHE_LOCKS_H_
