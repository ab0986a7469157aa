// Item: one stored entry in a segment: header, key, value, all 8-aligned.
//
// Invariant: what a published slot points to has a complete header and key that never change;
// value, value_size and expiry change only while `sequence` is odd, or (expiry) in one store.
// Threads: writers hold the shard's mutex; readers load through atomics and validate afterwards.
#ifndef CATZILLA_CACHE_ITEM_H_
#define CATZILLA_CACHE_ITEM_H_

#include <cstdint>

#include "atomics.h"
#include "engine.h"

namespace catzilla {

struct Item {
  uint64_t expiry_flags;  // expiry in ms << 16 | flags, one word so that Touch is one store
  uint32_t sequence;      // odd while the value is being rewritten in place
  uint32_t checksum;      // CRC32C of key and value, for arenas that outlive a process; else 0
  uint32_t value_size;
  uint16_t key_size;
  uint16_t capacity;  // of the whole item, in 8 B units; 0: a large run

  uint8_t* key() { return reinterpret_cast<uint8_t*>(this + 1); }
  const uint8_t* key() const { return reinterpret_cast<const uint8_t*>(this + 1); }
};
static_assert(sizeof(Item) == 24);

enum ItemFlag : uint64_t {
  kDead = 1,     // replaced or removed: nothing points here any more
  kWasRead = 2,  // was read before it was last moved
};
inline constexpr uint64_t kFlagMask = 0xffff;

inline uint64_t Align8(uint64_t size) { return (size + 7) & ~uint64_t{7}; }
inline uint64_t ValueOffset(uint32_t key_size) { return sizeof(Item) + Align8(key_size); }
inline uint64_t ItemBytes(uint32_t key_size, uint64_t value_size) {
  return ValueOffset(key_size) + Align8(value_size);
}

inline int64_t ExpiryOf(uint64_t expiry_flags) { return static_cast<int64_t>(expiry_flags >> 16); }
inline bool IsExpired(uint64_t expiry_flags, int64_t now) { return ExpiryOf(expiry_flags) <= now; }
inline uint64_t ExpiryWord(int64_t expires_at, uint64_t flags) {
  return static_cast<uint64_t>(expires_at) << 16 | flags;
}

// Writes a whole new item into bytes that no slot points to. capacity 0 marks a large run.
inline void WriteItem(Item* item, const Key& key, const uint8_t* value, uint64_t size,
                      int64_t expires_at, uint64_t flags, uint16_t capacity) {
  StoreRelaxed(&item->expiry_flags, ExpiryWord(expires_at, flags));
  StoreRelaxed(&item->sequence, 0u);
  StoreRelaxed(&item->checksum, 0u);
  StoreRelaxed(&item->value_size, static_cast<uint32_t>(size));
  StoreRelaxed(&item->key_size, static_cast<uint16_t>(key.size));
  StoreRelaxed(&item->capacity, capacity);
  RacyWrite(item->key(), key.data, key.size);
  RacyWrite(reinterpret_cast<uint8_t*>(item) + ValueOffset(key.size), value, size);
}

// Replaces the value. REQUIRES: it fits into the item's capacity.
inline void RewriteItem(Item* item, const uint8_t* value, uint64_t size, int64_t expires_at) {
  const uint32_t sequence = LoadRelaxed(&item->sequence);
  StoreRelaxed(&item->sequence, sequence + 1);
  FenceRelease();  // pairs with the reader's acquire fence: new bytes seen => odd sequence seen
  const uint64_t flags = LoadRelaxed(&item->expiry_flags) & kFlagMask;
  StoreRelaxed(&item->expiry_flags, ExpiryWord(expires_at, flags));
  StoreRelaxed(&item->value_size, static_cast<uint32_t>(size));
  RacyWrite(reinterpret_cast<uint8_t*>(item) + ValueOffset(item->key_size), value, size);
  StoreRelease(&item->sequence, sequence + 2);
}

inline void MarkDead(Item* item) {
  StoreRelaxed(&item->expiry_flags, LoadRelaxed(&item->expiry_flags) | kDead);
}

}  // namespace catzilla

#endif  // CATZILLA_CACHE_ITEM_H_
