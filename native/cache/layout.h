// The arena's layout: what lies where, in offsets only, so that the same bytes work at any address.
//
//   header | processes | shards | counter blocks | generation words and the tag epoch | visited
//   bytes | tag notes | directories | ghost tables | pins | segment table | segments ...
//
// Invariant: no pointer is stored in the arena. Sizes follow from Options alone (ComputeGeometry).
// Changing any struct here, of the index or of an item, means raising kLayoutVersion.
#ifndef CATZILLA_CACHE_LAYOUT_H_
#define CATZILLA_CACHE_LAYOUT_H_

#include <cstdint>

#include "counters.h"
#include "engine.h"
#include "mutex.h"

namespace catzilla {

inline constexpr uint64_t kMagic = 0x314e455241544143u;  // "CATAREN1" in memory order
inline constexpr uint32_t kLayoutVersion = 4;

using Offset = uint64_t;     // bytes from the arena's start; 0 = none
using SegmentId = uint32_t;  // index into the segment table
inline constexpr SegmentId kNoSegment = 0xffffffffu;

inline constexpr uint32_t kPageBytes = 4096;  // an index page
inline constexpr uint32_t kBucketsPerPage = 64;
inline constexpr uint32_t kSlotsPerBucket = 7;
inline constexpr uint32_t kCounterBlocks = 128;
inline constexpr uint32_t kLogs = 2;
inline constexpr uint32_t kMaxShards = 64;
inline constexpr uint32_t kMaxProcesses = 64;  // that share one arena
inline constexpr uint32_t kTagWays = 8;        // notes in a bucket: one cache line

enum Log : uint32_t { kSmallLog = 0, kMainLog = 1 };

enum class Role : uint32_t {
  kRetired,  // not part of the bound; its pages belong to the system; 0, as in fresh memory
  kFree,
  kSmall,  // part of a shard's small log
  kMain,
  kIndex,  // carved into index pages; stays one until the engine ends
  kLarge,  // first segment of a run that holds one large value
  kLargeTail,
  kClaimed,          // taken from the free list by process `claimer`, not yet in use
  kClaimedRun,       // the same, for a large value
  kQuarantined,      // given back, but leased: free when no pin is left
  kQuarantinedTail,  // belongs to the quarantined head of its run
};

// One row of the segment table. Guarded by the owning shard's mutex, but for `version`, `role`,
// `shard` and `live_bytes`, which others read as atomics. Free rows belong to the arena's mutex.
struct alignas(64) Segment {
  uint64_t version;  // even = readable; odd while its bytes belong to nobody
  uint32_t role;     // a Role: RoleOf and SetRole
  uint32_t shard;
  uint32_t live_bytes;  // bytes of stored items
  uint32_t append;      // where the next item goes, from the segment's start
  SegmentId previous;   // neighbours in the shard's queue, oldest first
  SegmentId next;
  int64_t first_expiry;  // no item expires before this, ms
  uint64_t order;        // age, by a counter that rises with each segment taken
  uint32_t run;          // large runs: how many segments
  uint32_t claimer;      // slot of the process that claimed it
};
static_assert(sizeof(Segment) == 64);

// 7 slots and a meta word: one cache line.
// Slot: tag 20 | overflow 1 | frequency 2 | offset 41 (in 8 B units). 0 = empty.
// Meta: page version 32 (the same in every bucket) | local depth 16 | overflow count 16.
struct alignas(64) Bucket {
  uint64_t meta;
  uint64_t slots[kSlotsPerBucket];
};
static_assert(sizeof(Bucket) * kBucketsPerPage == kPageBytes);

struct Queue {
  SegmentId head;  // oldest
  SegmentId tail;
  uint32_t count;
};

struct alignas(128) Shard {
  ArenaMutex mutex;
  Queue queues[kLogs] CATZ_GUARDED_BY(mutex);
  Queue large CATZ_GUARDED_BY(mutex);
  SegmentId open[kLogs] CATZ_GUARDED_BY(mutex);     // where new items are appended
  SegmentId cleaned[kLogs] CATZ_GUARDED_BY(mutex);  // where cleaning puts what it moves
  SegmentId index_segment CATZ_GUARDED_BY(mutex);   // where the next index page comes from
  uint32_t index_next CATZ_GUARDED_BY(mutex);       // its next free byte
  uint32_t free_page CATZ_GUARDED_BY(mutex);        // list of unused index pages, by page number
  SegmentId victim CATZ_GUARDED_BY(mutex);          // the segment being emptied
  uint32_t victim_at CATZ_GUARDED_BY(mutex);
  bool victim_cleaning CATZ_GUARDED_BY(mutex);  // moved, not evicted
  bool wants_room CATZ_GUARDED_BY(mutex);       // free segments ran low
  bool ghost_used CATZ_GUARDED_BY(mutex);       // until then no lookup touches its table
  SegmentId swept CATZ_GUARDED_BY(mutex);       // where the sweep stands
  uint32_t swept_at CATZ_GUARDED_BY(mutex);
  int64_t swept_first_expiry CATZ_GUARDED_BY(mutex);  // least expiry seen in that segment
  uint32_t writes CATZ_GUARDED_BY(mutex);
  uint32_t has_intent CATZ_GUARDED_BY(mutex);
  uint64_t intent CATZ_GUARDED_BY(mutex);  // hash of the key that is being written
  // Written under the mutex, read by anyone as relaxed atomics.
  uint64_t entries;
  uint64_t live_bytes;
  uint32_t index_pages;
  uint32_t segments;  // of all roles
  uint32_t rebuilds;  // odd while the index is being rebuilt (recover.h); never falls
};

// A process that has the arena open. It also holds a lock on one byte of the file, which the system
// drops when it dies (machine.h); an arena of one process has one of these.
struct alignas(64) Process {
  uint32_t pid;     // 0: nobody; written under Header::mutex
  uint32_t pinned;  // segments its leases keep from reuse; atomic
  uint64_t leases;  // open ones; atomic
  uint32_t noting;  // invalidations whose note is not written yet; atomic
};

struct Geometry {
  uint64_t arena_bytes;  // the reserved range
  uint64_t meta_bytes;   // everything before the first segment
  uint64_t processes_at;
  uint64_t shards_at;
  uint64_t counters_at;
  uint64_t generations_at;
  uint64_t visited_at;
  uint64_t tags_at;
  uint64_t directories_at;
  uint64_t ghosts_at;
  uint64_t pins_at;
  uint64_t segments_at;
  uint32_t processes;    // that may have it open
  uint32_t tag_buckets;  // a power of two
  uint32_t shards;       // a power of two
  uint32_t generations;  // a power of two
  uint32_t directory_bits;
  uint32_t ghost_buckets;  // per shard, a power of two
  uint32_t segment_shift;
  uint32_t segment_count;  // that the reserved range can hold
};

// What an arena in a file goes through. Anything but kClean at opening, with nobody attached, means
// that what the file holds has to be verified.
enum class Life : uint32_t { kCreating, kOpen, kClean };

struct alignas(128) Header {
  uint64_t magic;
  uint32_t layout_version;
  uint32_t layout_check;  // sizes of structs, word order, page and mutex of whoever made it
  Life life;
  uint32_t bookkeeping_check;  // of header, tables and index pages, when clean
  uint8_t boot_id[16];
  uint64_t pid_namespace;
  int64_t wall_epoch_ms;  // the wall clock at the arena's epoch: for a file that outlives a boot
  Options options;
  Geometry geometry;
  uint64_t hash_seed;
  int64_t epoch_ns;
  int64_t test_clock;       // atomic; -1 = the system's clock
  int64_t last_sweep;       // atomic; ms
  uint64_t max_bytes;       // atomic
  uint64_t pending_clears;  // atomic; a bit for each shard whose entries are void but not yet gone
  uint64_t clear_epoch;     // atomic; the tag epoch of the last Clear
  uint64_t turns;           // atomic; the upper part of every version (version.h)
  uint64_t tag_floor;       // atomic; notes up to this epoch may have been forgotten
  uint64_t tag_pass;        // atomic; the epoch that a pass over all tagged items raises them to
  uint64_t recoveries;      // atomic; mutexes taken over from dead owners
  uint64_t corrupt;         // atomic; items that failed their checksum
  uint32_t quarantined;     // atomic; segments
  ArenaMutex pass_mutex;    // only tried, by whoever sweeps; before any shard
  SegmentId pass_segment CATZ_GUARDED_BY(pass_mutex);
  uint32_t pass_at CATZ_GUARDED_BY(pass_mutex);
  uint64_t pass_version CATZ_GUARDED_BY(pass_mutex);
  ArenaMutex run_mutex;  // held while a large value finds its place; before any shard
  ArenaMutex mutex;
  uint32_t active CATZ_GUARDED_BY(mutex);       // segments the bound allows
  uint32_t lowest_free CATZ_GUARDED_BY(mutex);  // no segment below it is free
  uint32_t claim_low CATZ_GUARDED_BY(mutex);  // ids being emptied for a large value: not handed out
  uint32_t claim_high CATZ_GUARDED_BY(mutex);
  uint64_t next_order CATZ_GUARDED_BY(mutex);
  uint32_t free;   // free segments; written under the mutex, read as a relaxed atomic
  uint32_t large;  // segments in large runs; atomic
  CounterTotals departed CATZ_GUARDED_BY(mutex);  // of detached counter blocks
  CounterTotals baseline CATZ_GUARDED_BY(mutex);  // at the last ResetStats
};

// False when the options contradict each other or leave no room for data.
bool ComputeGeometry(const Options& options, uint64_t page_bytes, Geometry* geometry);

// What two builds must have in common beside the version to share an arena: sizes of structs and of
// a mutex, the word order, the page size, the libc.
uint32_t LayoutCheck();

// Segments that `max_bytes` pays for beside the bookkeeping.
inline uint32_t SegmentsFor(const Geometry& geometry, uint64_t max_bytes) {
  if (max_bytes <= geometry.meta_bytes) return 0;
  const uint64_t count = (max_bytes - geometry.meta_bytes) >> geometry.segment_shift;
  return count < geometry.segment_count ? static_cast<uint32_t>(count) : geometry.segment_count;
}

}  // namespace catzilla

#endif  // CATZILLA_CACHE_LAYOUT_H_
