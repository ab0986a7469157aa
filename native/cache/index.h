// Index: from a key's hash to its item's offset, one extendible hash table per shard.
//
// A directory of fixed size maps the top bits of the hash to 4 KB pages of 64 buckets; a page that
// overflows is split in two, so growth never stops a reader or moves more than one page. An item
// lies in its home bucket or, when that is full, in one fixed other bucket of the page.
// Source: Fagin et al., "Extendible hashing" (TODS 1979).
//
// Invariant: a slot is 0 or names a complete item of a live segment. A slot is cleared before its
// segment's version turns odd. The page version changes before a split clears what it copied.
// Threads: lookups without a lock live in read.cc; everything here is under the shard's mutex.
#ifndef CATZILLA_CACHE_INDEX_H_
#define CATZILLA_CACHE_INDEX_H_

#include "item.h"
#include "state.h"

namespace catzilla {

namespace slot {
inline constexpr uint32_t kTagShift = 44;
inline constexpr uint32_t kOverflowShift = 43;
inline constexpr uint32_t kFrequencyShift = 41;
inline constexpr uint64_t kFrequencyOne = uint64_t{1} << kFrequencyShift;
inline constexpr uint64_t kFrequencyMask = uint64_t{3} << kFrequencyShift;
inline constexpr uint64_t kOffsetMask = kFrequencyOne - 1;

inline uint64_t TagOf(uint64_t hash) { return hash >> kTagShift; }
// What a slot's upper bits are when it may hold this hash, in its home or overflow bucket.
inline uint64_t Match(uint64_t hash, bool overflow) {
  return TagOf(hash) << 1 | static_cast<uint64_t>(overflow);
}
inline uint64_t UpperOf(uint64_t slot) { return slot >> kOverflowShift; }
inline Offset OffsetOf(uint64_t slot) { return (slot & kOffsetMask) << 3; }
inline uint32_t FrequencyOf(uint64_t slot) {
  return static_cast<uint32_t>(slot >> kFrequencyShift) & 3;
}
inline uint64_t Make(uint64_t hash, bool overflow, uint32_t frequency, Offset offset) {
  return Match(hash, overflow) << kOverflowShift |
         static_cast<uint64_t>(frequency) << kFrequencyShift | offset >> 3;
}
inline uint64_t WithOffset(uint64_t slot, uint32_t frequency, Offset offset) {
  return (slot & ~(kOffsetMask | kFrequencyMask)) |
         static_cast<uint64_t>(frequency) << kFrequencyShift | offset >> 3;
}
}  // namespace slot

namespace bucket_meta {
inline constexpr uint64_t kOverflowMask = 0xffff;
inline constexpr uint32_t kDepthShift = 16;
inline constexpr uint32_t kVersionShift = 32;
inline uint32_t OverflowOf(uint64_t meta) { return static_cast<uint32_t>(meta & kOverflowMask); }
inline uint32_t DepthOf(uint64_t meta) {
  return static_cast<uint32_t>(meta >> kDepthShift) & 0xffff;
}
inline uint32_t VersionOf(uint64_t meta) { return static_cast<uint32_t>(meta >> kVersionShift); }
}  // namespace bucket_meta

inline uint32_t HomeBucket(uint64_t hash) {
  return static_cast<uint32_t>(hash >> 6) & (kBucketsPerPage - 1);
}
// The other bucket is found from a slot's tag and either bucket, so a split needs no item.
inline uint32_t OtherBucket(uint32_t bucket, uint64_t tag) {
  return bucket ^ ((static_cast<uint32_t>(tag) & (kBucketsPerPage - 1)) | 1);
}
inline Bucket* PageAt(const EngineState& state, uint32_t page) {
  return reinterpret_cast<Bucket*>(state.base + uint64_t{page} * kPageBytes);
}
inline uint32_t* DirectoryEntry(const EngineState& state, const Shard& shard, uint64_t hash) {
  return state.DirectoryOf(shard) + (hash >> (64 - state.directory_bits));
}

// A slot of the index; null `word` when the key is absent.
struct SlotRef {
  uint64_t* word = nullptr;
  Bucket* home = nullptr;  // whose overflow count includes this slot, if it is an overflow slot
  explicit operator bool() const { return word != nullptr; }
};

// Gives the shard its first page. False: no memory in the bound (cannot happen at creation).
bool InitIndex(EngineState& state, Shard& shard) CATZ_REQUIRES(shard.mutex);
SlotRef FindKey(const EngineState& state, const Shard& shard, const Key& key)
    CATZ_REQUIRES(shard.mutex);
// The slot that points to this very offset; null when the item there is dead.
SlotRef FindOffset(const EngineState& state, const Shard& shard, uint64_t hash, Offset offset)
    CATZ_REQUIRES(shard.mutex);
// REQUIRES: the item at offset is complete and its key absent. Null: both buckets are full and the
// page cannot be split; the caller evicts LeastUsedSlot and tries again.
SlotRef InsertSlot(EngineState& state, Shard& shard, uint64_t hash, Offset offset)
    CATZ_REQUIRES(shard.mutex);
// The least used slot of a full home bucket.
SlotRef LeastUsedSlot(const EngineState& state, const Shard& shard, uint64_t hash)
    CATZ_REQUIRES(shard.mutex);
void ClearSlot(const SlotRef& ref);
// Takes all pages of an index segment, whatever they hold, as free ones.
void FreeIndexPages(EngineState& state, Shard& shard, Offset start) CATZ_REQUIRES(shard.mutex);
// Empties the whole index back to one page; pages are kept for reuse.
void ResetIndex(EngineState& state, Shard& shard) CATZ_REQUIRES(shard.mutex);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_INDEX_H_
