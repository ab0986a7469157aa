// Probe: the walk of a lookup without a lock over the slots that may hold a key.
//
// Invariant: "absent" is an answer only while the page the walk went through is the key's and was
// not split meanwhile; otherwise the answer is "try again".
#ifndef CATZILLA_CACHE_PROBE_H_
#define CATZILLA_CACHE_PROBE_H_

#include "index.h"

namespace catzilla {

inline constexpr int kOptimisticTries = 16;

enum class Attempt { kHit, kMiss, kTooSmall, kExpired, kVoid, kOtherKey, kRetry };

// Calls visit(word, loaded) for each slot whose tag is the key's, until it says anything but
// kOtherKey. HOT: benchmarks/engine
template <class Visit>
inline Attempt Probe(const EngineState& state, const Shard& shard, const Key& key, Visit visit) {
  const uint32_t* const entry = DirectoryEntry(state, shard, key.hash);
  const uint32_t number = LoadAcquire(entry);
  Bucket* const page = PageAt(state, number);
  const uint32_t home = HomeBucket(key.hash);
  const uint64_t meta = LoadAcquire(&page[home].meta);

  Bucket* bucket = &page[home];
  uint64_t wanted = slot::Match(key.hash, false);
  for (int pass = 0;; pass++) {
    for (uint64_t& word : bucket->slots) {
      const uint64_t loaded = LoadAcquire(&word);
      if (slot::UpperOf(loaded) != wanted || (loaded & slot::kOffsetMask) == 0) continue;
      const Attempt attempt = visit(&word, loaded);
      if (attempt == Attempt::kOtherKey) continue;
      if (attempt == Attempt::kRetry) return attempt;
      // The page itself must still be the key's: a reused page may hold anything.
      return LoadRelaxed(entry) == number ? attempt : Attempt::kRetry;
    }
    if (pass == 1 || bucket_meta::OverflowOf(meta) == 0) break;
    bucket = &page[OtherBucket(home, slot::TagOf(key.hash))];
    wanted |= 1;
  }
  FenceAcquire();  // pairs with the release stores of SplitPage: cleared seen => version seen
  const bool steady =
      LoadRelaxed(entry) == number &&
      bucket_meta::VersionOf(LoadRelaxed(&page[home].meta)) == bucket_meta::VersionOf(meta);
  return steady ? Attempt::kMiss : Attempt::kRetry;
}

}  // namespace catzilla

#endif  // CATZILLA_CACHE_PROBE_H_
