// Eviction ring: copies of entries that were evicted for want of room, until one consumer takes
// them elsewhere.
//
// Memory of this process, beside the arena, and only once somebody asked for it: what another
// process evicts from a shared arena goes into that one's ring, or nowhere. Full, it forgets the
// oldest. What has expired, was cleared or had a tag invalidated since is never handed out; that
// its key was written since, its version tells (version.h).
// Invariant: no copy is larger than an eighth of the ring or kMostCopied, so whoever evicts under a
// shard's mutex is never held up for long.
// Threads: any. Lock order: `mutex_` comes last, and nothing is locked under it.
#ifndef CATZILLA_CACHE_EVICTION_RING_H_
#define CATZILLA_CACHE_EVICTION_RING_H_

#include "item.h"
#include "mutex.h"
#include "state.h"

namespace catzilla {

inline constexpr uint64_t kMostCopied = 1u << 20;

class EvictionRing {
 public:
  void Init() { mutex_.Init(); }
  // One more who wants it. False: no memory, and nothing changed.
  bool Open(const RingOptions& asked, RingOptions* actual) CATZ_EXCLUDES(mutex_);
  // One less; with the last one memory and contents go, and what was counted.
  void Close() CATZ_EXCLUDES(mutex_);

  // Whether an entry read so often is to be kept. Without the mutex: a hint.
  bool Wants(uint32_t reads) const {
    return LoadRelaxed(&largest_) != 0 && reads >= LoadRelaxed(&min_reads_);
  }
  void Push(const Item* item, uint32_t tags, uint64_t version) CATZ_EXCLUDES(mutex_);

  // What the next Take should be given room for, about max_bytes; 0: nothing waits.
  uint64_t Room(const EngineState& state, uint64_t max_bytes) CATZ_EXCLUDES(mutex_);
  // Oldest first, as long as they fit into `room`, by the bytes they have here. How many it were.
  uint32_t Take(const EngineState& state, uint64_t room, EvictedSink sink, void* context)
      CATZ_EXCLUDES(mutex_);

  void Describe(RingStats* stats) CATZ_EXCLUDES(mutex_);
  void ResetCounts() CATZ_EXCLUDES(mutex_);

 private:
  // Then the tags' hashes, key and value.
  struct Record {
    uint32_t bytes;  // of all of it
    uint32_t key_size;
    uint32_t value_size;
    uint32_t tag_count;
    int64_t expires_at;
    uint64_t version;
    uint64_t epoch;  // of the tags
    const uint64_t* tags() const { return reinterpret_cast<const uint64_t*>(this + 1); }
    const uint8_t* key() const { return reinterpret_cast<const uint8_t*>(tags() + tag_count); }
  };
  static constexpr uint64_t kNone = ~uint64_t{0};

  const Record& Oldest() const CATZ_REQUIRES(mutex_) {
    return *reinterpret_cast<const Record*>(data_ + head_);
  }
  uint8_t* Reserve(uint64_t bytes) CATZ_REQUIRES(mutex_);
  void RemoveOldest() CATZ_REQUIRES(mutex_);
  void Restart() CATZ_REQUIRES(mutex_);
  // Drops what is outdated at the head, but not for ever. False: there may be more of it.
  bool SkipOutdated(const EngineState& state) CATZ_REQUIRES(mutex_);
  static bool IsOutdated(const EngineState& state, const Record& record);

  Mutex mutex_;
  uint64_t largest_ = 0;    // record that is kept; 0: nobody asked. Atomic
  uint32_t min_reads_ = 0;  // atomic
  uint32_t users_ CATZ_GUARDED_BY(mutex_) = 0;
  uint8_t* data_ CATZ_GUARDED_BY(mutex_) = nullptr;
  uint64_t size_ CATZ_GUARDED_BY(mutex_) = 0;
  uint64_t head_ CATZ_GUARDED_BY(mutex_) = 0;         // the oldest record
  uint64_t tail_ CATZ_GUARDED_BY(mutex_) = 0;         // where the next one goes
  uint64_t lap_end_ CATZ_GUARDED_BY(mutex_) = kNone;  // where the head, then above the tail, wraps
  RingStats stats_ CATZ_GUARDED_BY(mutex_) = {};
};

// Copies an entry that is about to be evicted into this process's ring, if there is one that wants
// it and the entry is still valid. REQUIRES: the item is the shard's.
void KeepEvicted(const EngineState& state, const Shard& shard, const Item* item, uint32_t reads)
    CATZ_REQUIRES(shard.mutex);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_EVICTION_RING_H_
