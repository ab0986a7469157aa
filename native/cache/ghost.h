// Ghost: fingerprints of keys that lately left the small log unread. A key found here returns
// straight to the main log.
//
// Source: Yang et al., "FIFO queues are all you need for cache eviction" (SOSP 2023), whose ghost
// is one FIFO; here each bucket is a FIFO of its own, so that insert and lookup touch one line.
// Like the paper's it remembers about as many keys as the main log has items: a longer memory takes
// keys into the main log that will not come again before they leave it (hit-ratio suite).
// Invariant: bounded; a wrong answer (16-bit collision) costs hit ratio, never correctness.
// Threads: guarded by the shard's mutex. Touched only once eviction has begun.
#ifndef CATZILLA_CACHE_GHOST_H_
#define CATZILLA_CACHE_GHOST_H_

#include <cstdint>
#include <cstring>

namespace catzilla {

inline constexpr uint32_t kGhostWays = 16;            // 32 bytes
inline constexpr uint64_t kGhostBytesPerEntry = 256;  // one fingerprint per so many cache bytes

class Ghost {
 public:
  // `wanted`: how many keys to remember, about; at least one a bucket, at most what the table
  // holds.
  Ghost(uint16_t* table, uint32_t buckets, uint64_t wanted)
      : table_(table), buckets_(buckets), ways_(WaysFor(wanted, buckets)) {}

  void Insert(uint64_t hash) {
    uint16_t* bucket = BucketOf(hash);
    std::memmove(bucket + 1, bucket, (ways_ - 1) * sizeof(uint16_t));
    bucket[0] = Fingerprint(hash);
  }

  // Whether the key was there; it is not afterwards.
  bool Take(uint64_t hash) {
    uint16_t* bucket = BucketOf(hash);
    const uint16_t fingerprint = Fingerprint(hash);
    for (uint32_t way = 0; way < ways_; way++) {
      if (bucket[way] != fingerprint) continue;
      std::memmove(bucket + way, bucket + way + 1, (ways_ - 1 - way) * sizeof(uint16_t));
      bucket[ways_ - 1] = 0;
      return true;
    }
    return false;
  }

  void Clear() { std::memset(table_, 0, size_t{buckets_} * kGhostWays * sizeof(uint16_t)); }

 private:
  uint16_t* BucketOf(uint64_t hash) const {
    return table_ + size_t{(hash >> 16) & (buckets_ - 1)} * kGhostWays;
  }
  static uint32_t WaysFor(uint64_t wanted, uint32_t buckets) {
    const uint64_t ways = (wanted + buckets / 2) / buckets;
    if (ways < 1) return 1;
    return ways > kGhostWays ? kGhostWays : static_cast<uint32_t>(ways);
  }
  // Never 0, which marks an empty way.
  static uint16_t Fingerprint(uint64_t hash) { return static_cast<uint16_t>(hash >> 48) | 1; }

  uint16_t* table_;
  uint32_t buckets_;
  uint32_t ways_;  // of each bucket, the newest; what lies beyond is forgotten
};

}  // namespace catzilla

#endif  // CATZILLA_CACHE_GHOST_H_
