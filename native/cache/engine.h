// Engine: one bounded, expiring, thread-safe byte cache. The only header an embedder needs.
//
// Invariant: the resident arena (index, counters and bookkeeping included) never exceeds max_bytes.
// Threads: every method may be called from any thread at any time, except where it says otherwise.
// Ownership: Create and OpenNamed return one reference; the last Release unmaps the arena, so hold
// a reference for as long as any pointer from generation_words(), visited_bytes() or Attach()
// lives. Visibility: a read that starts after a write returned sees that write, in any thread.
// Leaves to others: strings, JavaScript, timers, tags and HTTP. Knows nothing of Node.
#ifndef CATZILLA_CACHE_ENGINE_H_
#define CATZILLA_CACHE_ENGINE_H_

#include <cstddef>
#include <cstdint>

#include "counters.h"

namespace catzilla {

struct EngineState;

enum class Policy : uint32_t { kS3Fifo = 0, kLru = 1 };

// Sizes in bytes, times in ms. Every field must be set; Check says whether they fit together.
struct Options {
  uint64_t max_bytes = 64u << 20;       // 1 MiB or more: everything the arena may keep resident
  uint64_t reserve_bytes = 256u << 20;  // address space, the ceiling of Resize; >= max_bytes
  uint32_t max_key_bytes = 8192;        // 1 to 65535
  uint32_t max_value_bytes = 8u << 20;  // at most max_bytes / 4
  Policy policy = Policy::kS3Fifo;
};

enum class OpenStatus : uint32_t { kOk, kBadOptions, kNoMemory };
enum class ReadStatus : uint32_t { kHit, kMiss, kTooSmall };
enum class WriteStatus : uint32_t { kStored, kStoredInPlace, kTooLarge, kNoRoom };
enum class ResizeStatus : uint32_t { kOk, kBelowMinimum, kAboveReserve, kNoRoom };

// Expiry of an entry that never expires, in ms since the arena's epoch (48 bits, all ones).
inline constexpr int64_t kNeverExpires = (int64_t{1} << 48) - 1;
// Largest finite time to live Set and Touch accept, in ms.
inline constexpr int64_t kMaxTtl = int64_t{1} << 46;
inline constexpr uint64_t kMinBytes = 1u << 20;

// A key with its hash: compute it once with Engine::Hash and hand it to every call for that key.
struct Key {
  const uint8_t* data;
  uint32_t size;
  uint64_t hash;
};

struct ReadInfo {
  uint32_t size;             // bytes of the value, also with kTooSmall
  uint32_t frequency;        // 0..3: hits seen before this one since it entered its queue
  uint32_t generation_slot;  // index into generation_words() and visited_bytes()
  uint32_t generation;       // that word, read BEFORE the lookup: equal later means still current
  int64_t expires_at;        // ms since the arena's epoch, or kNeverExpires
};

struct KeysCursor {
  uint32_t shard = 0;
  uint32_t position = 0;
};

struct Stats {
  CounterTotals counters;  // since the last ResetStats
  uint64_t entries;
  uint64_t bytes_max;    // the bound
  uint64_t bytes_used;   // meta + segments in use, <= bytes_max
  uint64_t bytes_live;   // keys, values and headers of stored entries
  uint64_t bytes_index;  // index pages in use
  uint64_t bytes_meta;   // header, counters, generations, ghost, segment table
  uint64_t bytes_large;  // runs of segments that hold one large value each
  uint64_t segments;     // segments the bound allows
  uint64_t segments_free;
  uint64_t segment_bytes;
  uint32_t shards;
  uint32_t attached;  // counter blocks in use: isolates and native threads
};

class Engine {
 public:
  // One reference to a new, private engine. On failure nullptr, with the reason in *status.
  static Engine* Create(const Options& options, OpenStatus* status);
  // One reference to the engine of that name in this process, created when absent (*created then
  // is true). The first opener's options hold: compare with options() to detect a contradiction.
  // A named engine is forgotten with its last reference.
  static Engine* OpenNamed(const char* name, size_t size, const Options& options, bool* created,
                           OpenStatus* status);
  void Retain();
  void Release();

  const Options& options() const;  // as created; max_bytes follows Resize
  uint64_t max_bytes() const;

  // A block of event counters for one isolate or thread: one writer, summed by GetStats. Never
  // nullptr; beyond 128 a shared block, incremented atomically. Detach folds it into the totals.
  Counters* Attach();
  void Detach(Counters* counters);

  // 64-bit seeded hash of the key's bytes.
  uint64_t Hash(const uint8_t* key, uint32_t size) const;

  // Copies the value to target when it fits into capacity. kTooSmall: info->size says what is
  // needed, nothing was written, nothing was counted. Counts a hit or miss and recency.
  // REQUIRES: no two threads share `counters`, `target` is writable for `capacity` bytes.
  ReadStatus Get(Counters* counters, const Key& key, uint8_t* target, uint32_t capacity,
                 ReadInfo* info);
  // The same without counting and without recency.
  ReadStatus Peek(const Key& key, uint8_t* target, uint32_t capacity, ReadInfo* info);
  // Metadata of a live entry (kHit or kMiss) without its bytes; no counting, no recency.
  ReadStatus Find(const Key& key, ReadInfo* info);

  // Stores a copy. ttl in ms, 1..kMaxTtl, or kNeverExpires. A refused set (kTooLarge, kNoRoom)
  // removes the entry the key had: a cache may forget, but must not serve what was to be replaced.
  // REQUIRES: key.size <= max_key_bytes.
  WriteStatus Set(Counters* counters, const Key& key, const uint8_t* value, uint64_t size,
                  int64_t ttl);
  // Whether a live entry was removed.
  bool Delete(Counters* counters, const Key& key);
  // Gives a live entry a new time to live from now; false when there is none. ttl as in Set.
  bool Touch(Counters* counters, const Key& key, int64_t ttl);
  // Removes everything; entries and live bytes are 0 when no writer runs beside it.
  void Clear(Counters* counters);

  // Hands every live key with the prefix in the next part of the index to sink and moves the
  // cursor; false when the end was reached. A key stored throughout the iteration is seen once.
  // sink runs under a shard lock: it may only copy, never call the engine.
  bool Keys(KeysCursor* cursor, const uint8_t* prefix, uint32_t prefix_size,
            void (*sink)(void* context, const uint8_t* key, uint32_t size), void* context);

  // True for one caller per interval over all threads: that one then calls Sweep.
  bool ClaimSweep(int64_t interval_ms);
  // Removes expired entries for at most budget_us microseconds; returns how many.
  uint64_t Sweep(Counters* counters, int64_t budget_us);

  // New bound. Shrinking evicts and gives pages back to the system.
  ResizeStatus Resize(Counters* counters, uint64_t max_bytes);

  void GetStats(Stats* stats) const;
  void ResetStats();

  // Words that change whenever a write touches any key that maps to them; a cached copy is current
  // while the word it was read under is unchanged. Read them atomically.
  uint32_t* generation_words() const;
  uint32_t generation_count() const;  // a power of two; slot = hash & (count - 1)
  // Set byte [slot] to 1 when a copy outside the engine was used: counts as recency for eviction.
  uint8_t* visited_bytes() const;

  // ms since the arena's epoch by the monotonic clock; the coarse one may lag by a tick (4 ms).
  int64_t Now() const;
  int64_t CoarseNow() const;
  // Tests only: fixes both clocks at `now` ms; -1 returns to the system's.
  void SetTestClock(int64_t now);

 private:
  explicit Engine(EngineState* state) : state_(state) {}
  ~Engine() = default;
  EngineState* state_;
};

}  // namespace catzilla

#endif  // CATZILLA_CACHE_ENGINE_H_
