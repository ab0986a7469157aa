// Event counters: one block per isolate or native thread, one writer each, summed on read.
//
// Invariant: totals never fall; a departing block is folded into a base before it is reused.
// Threads: a block is written by its owner with relaxed stores and read by anyone. The near_hits
// word is a double, because JavaScript counts into it through a Float64Array.
#ifndef CATZILLA_CACHE_COUNTERS_H_
#define CATZILLA_CACHE_COUNTERS_H_

#include <cstdint>

namespace catzilla {

enum class Counter : uint32_t {
  kHits,  // native reads that found an entry
  kMisses,
  kSets,  // stored, in place included
  kUpdatesInPlace,
  kDeletes,        // entries removed by Delete
  kEvictions,      // entries removed to make room
  kEvictedUnread,  // of those, never read
  kExpiredOnRead,
  kExpiredSwept,
  kRefusedTooLarge,
  kRefusedNoRoom,
  kRefusedLockTimeout,
  kRefusedSince,
  kRefusedVersion,
  kInvalidated,  // entries removed because a tag of theirs was invalidated
  kLeaseCopies,  // leases handed out as copies, counted by who copies
  kLeaseLeaks,   // leases nobody released, likewise
  kCleanedSegments,
  kCleanedBytes,  // bytes moved by cleaning
  kNearHits,      // a double, written by JavaScript
  kCount
};

inline constexpr uint32_t kCounterWords = 24;  // a block is three cache lines

// words[i] belongs to Counter i, the last one says who owns the block.
struct alignas(64) Counters {
  uint64_t words[kCounterWords];
};
static_assert(static_cast<uint32_t>(Counter::kCount) <= kCounterWords - 1,
              "the last word of a block says who owns it");

struct CounterTotals {
  uint64_t values[static_cast<uint32_t>(Counter::kCount)];
  uint64_t operator[](Counter counter) const { return values[static_cast<uint32_t>(counter)]; }
};

}  // namespace catzilla

#endif  // CATZILLA_CACHE_COUNTERS_H_
