// EngineState: where this process finds the parts of one arena. Pointers only; all data is the
// arena's. Shared by the files of the engine, never by its users.
#ifndef CATZILLA_CACHE_STATE_H_
#define CATZILLA_CACHE_STATE_H_

#include <cstdint>

#include "atomics.h"
#include "ghost.h"
#include "hash.h"
#include "layout.h"

namespace catzilla {

class EvictionRing;

struct EngineState {
  uint8_t* base;
  Header* header;
  Process* processes;
  Shard* shards;
  Counters* counters;
  uint32_t* generations;
  uint64_t* tag_epoch;  // rises with each InvalidateTag and Clear
  uint8_t* visited;
  uint64_t* tag_notes;
  uint32_t* directories;
  uint16_t* ghosts;
  uint16_t* pins;  // of all segments, a count for each process
  Segment* segments;
  // Copies of what never changes, so that the hot path loads no header line.
  uint64_t hash_seed;
  uint64_t arena_bytes;
  uint64_t meta_bytes;
  uint64_t max_value_bytes;
  uint32_t shard_mask;
  uint32_t generation_mask;
  uint32_t directory_bits;
  uint32_t segment_shift;
  uint32_t ghost_buckets;
  uint32_t tag_buckets;
  uint32_t segment_count;
  Policy policy;
  bool is_shared;  // with other processes: items carry checksums, locks are given up on
  int64_t lock_timeout_ms;
  // Until when a mutex is only tried, because it was waited for in vain; 0: it may be waited for.
  // Monotonic ns, atomic: one for each shard, then run placement, then the arena.
  int64_t only_tried_until[kMaxShards + 2];
  uint32_t process;       // our row
  uint32_t* pinned_runs;  // of each segment we have pinned: how many it counted for then
  int file;               // of a shared arena; its descriptor holds our byte locks
  Opened opened;
  uint32_t announced;         // atomic
  EvictionRing* evicted;      // atomic; nullptr until somebody asks for it, then until the end
  const char* opened_reason;  // nullptr, or why it was recreated

  Engine* engine;
  uint32_t references;  // atomic
  char* name;           // nullptr: private; of a shared arena its path
  EngineState* next_named;

  static constexpr uint32_t kHalfTurn = 0x7fffffffu;

  uint32_t segment_bytes() const { return uint32_t{1} << segment_shift; }
  Shard& ShardOf(uint64_t hash) const { return shards[hash & shard_mask]; }
  uint32_t ShardNumber(const Shard& shard) const { return static_cast<uint32_t>(&shard - shards); }
  uint64_t ShardBit(const Shard& shard) const { return uint64_t{1} << ShardNumber(shard); }
  uint32_t* DirectoryOf(const Shard& shard) const {
    return directories + (size_t{ShardNumber(shard)} << directory_bits);
  }
  // Of nine tenths of the shard's items: those of the main log.
  Ghost GhostOf(const Shard& shard) const {
    return Ghost(ghosts + size_t{ShardNumber(shard)} * ghost_buckets * kGhostWays, ghost_buckets,
                 LoadRelaxed(&shard.entries) * 9 / 10);
  }
  SegmentId SegmentAt(Offset offset) const {
    return static_cast<SegmentId>((offset - meta_bytes) >> segment_shift);
  }
  Offset StartOf(SegmentId id) const {
    return meta_bytes + (static_cast<Offset>(id) << segment_shift);
  }

  uint16_t* PinsOf(SegmentId id) const {
    return pins + (is_shared ? size_t{id} * kMaxProcesses : size_t{id});
  }

  // A word that comes half round raises the turns, so that no version comes back (version.h).
  void BumpGeneration(uint64_t hash) {
    const uint32_t before = AddAcqRel(&generations[hash & generation_mask], 1u);
    if ((before & kHalfTurn) == kHalfTurn) AddSeqCst(&header->turns, uint64_t{1});
  }

  // Frequency seen outside the engine since the last look, which clears it.
  uint32_t TakeVisit(uint64_t hash) {
    uint8_t* byte = &visited[hash & generation_mask];
    if (LoadRelaxed(byte) == 0) return 0;
    StoreRelaxed(byte, uint8_t{0});
    return 1;
  }

  int64_t Now() const;
  int64_t CoarseNow() const;
};

inline constexpr uint64_t kSharedOwner = 1;  // in the last word of a block

// Adds to one counter of the caller's block. The last block may be shared by several owners.
inline void Count(Counters* counters, Counter counter, uint64_t by = 1) {
  if (counters == nullptr) return;
  uint64_t* word = &counters->words[static_cast<uint32_t>(counter)];
  if (LoadRelaxed(&counters->words[kCounterWords - 1]) == kSharedOwner) {
    AddRelaxed(word, by);
  } else {
    StoreRelaxed(word, LoadRelaxed(word) + by);
  }
}

}  // namespace catzilla

#endif  // CATZILLA_CACHE_STATE_H_
