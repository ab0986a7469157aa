// Item: one stored entry in a segment: header, key, tags if it has any, value; all 8-aligned.
//
// Tags are one word for the epoch the entry was stored under, then a hash for each.
// Invariant: what a published slot points to has a complete header, key and tags that never change;
// value, value_size and checksum change only while `sequence` is odd, expiry in one store.
// Threads: writers hold the shard's mutex; readers load through atomics and validate afterwards.
// Without the mutex only the expiry may be changed, by expire.cc.
#ifndef CATZILLA_CACHE_ITEM_H_
#define CATZILLA_CACHE_ITEM_H_

#include <cstdint>

#include "atomics.h"
#include "checksum.h"
#include "engine.h"

namespace catzilla {

struct Item {
  uint64_t expiry_flags;  // expiry in ms << 16 | tags << 8 | flags, one word: Touch is one store
  uint32_t sequence;      // odd while the value is being rewritten in place
  uint32_t checksum;      // of what it holds and where it lies, in arenas that are shared; else 0
  uint32_t value_size;
  uint16_t key_size;
  uint16_t capacity;  // of the whole item, in 8 B units; 0: a large run

  uint8_t* key() { return reinterpret_cast<uint8_t*>(this + 1); }
  const uint8_t* key() const { return reinterpret_cast<const uint8_t*>(this + 1); }
};
static_assert(sizeof(Item) == 24);

enum ItemFlag : uint64_t {
  kDead = 1,  // replaced or removed: nothing points here any more, or in a moment
};
// How often it was read, up to kMostReads: before it was last moved, 2 bits; and what the frequency
// in its slot was when it came here, 2 bits, which says how much of that came later. Frequencies
// decide what is evicted and fall on the way; reads only rise.
inline constexpr uint32_t kReadsShift = 2;
inline constexpr uint32_t kEnteredShift = 4;
inline constexpr uint64_t kHistoryMask = 0xf << kReadsShift;
inline constexpr uint32_t kMostReads = 3;
inline constexpr uint64_t kFlagMask = 0xffff;  // tag count included
inline constexpr uint32_t kTagShift = 8;

inline uint64_t Align8(uint64_t size) { return (size + 7) & ~uint64_t{7}; }
inline uint64_t TagsOffset(uint32_t key_size) { return sizeof(Item) + Align8(key_size); }
inline uint64_t TagBytes(uint32_t tags) { return tags == 0 ? 0 : 8 + uint64_t{tags} * 8; }
inline uint64_t ValueOffset(uint32_t key_size, uint32_t tags) {
  return TagsOffset(key_size) + TagBytes(tags);
}
inline uint64_t ItemBytes(uint32_t key_size, uint32_t tags, uint64_t value_size) {
  return ValueOffset(key_size, tags) + Align8(value_size);
}

inline int64_t ExpiryOf(uint64_t expiry_flags) { return static_cast<int64_t>(expiry_flags >> 16); }
inline uint32_t TagCountOf(uint64_t expiry_flags) {
  return static_cast<uint32_t>(expiry_flags >> kTagShift) & 0xff;
}
inline uint32_t ReadsOf(uint64_t expiry_flags, uint32_t frequency) {
  const uint32_t before = static_cast<uint32_t>(expiry_flags >> kReadsShift) & 3;
  const uint32_t entered = static_cast<uint32_t>(expiry_flags >> kEnteredShift) & 3;
  const uint32_t reads = before + (frequency > entered ? frequency - entered : 0);
  return reads < kMostReads ? reads : kMostReads;
}
inline uint64_t WithHistory(uint64_t expiry_flags, uint32_t reads, uint32_t entered) {
  return (expiry_flags & ~kHistoryMask) | uint64_t{reads} << kReadsShift |
         uint64_t{entered} << kEnteredShift;
}
inline bool IsExpired(uint64_t expiry_flags, int64_t now) { return ExpiryOf(expiry_flags) <= now; }
inline uint64_t ExpiryWord(int64_t expires_at, uint64_t flags) {
  return static_cast<uint64_t>(expires_at) << 16 | flags;
}
inline const uint64_t* TagsOf(const Item* item, uint32_t key_size) {
  return reinterpret_cast<const uint64_t*>(reinterpret_cast<const uint8_t*>(item) +
                                           TagsOffset(key_size));
}

// What an item is to hold, all but its place.
struct Content {
  const uint8_t* value;
  uint64_t size;
  int64_t expires_at;
  const uint64_t* tags;
  uint32_t tag_count;
  uint64_t epoch;  // the tags' invalidations up to it are behind us

  uint64_t Bytes(const Key& key) const { return ItemBytes(key.size, tag_count, size); }
};

// Ties a checksum to one place in one life of a segment: bytes that lie there from an earlier life
// are whole, but must not be taken for the item that was about to be written over them.
inline uint32_t PlaceMark(uint64_t offset, uint64_t version) {
  return static_cast<uint32_t>(((offset ^ version << 40 ^ version >> 24) * 0x9e3779b97f4a7c15u) >>
                               32);
}
// Over sizes, key, tags (not their epoch) and value. REQUIRES: the sizes lie within the item.
inline uint32_t ContentChecksum(const Item* item) {
  const uint8_t* const bytes = reinterpret_cast<const uint8_t*>(item);
  const uint32_t tags = TagCountOf(item->expiry_flags);
  const uint32_t sizes[3] = {item->value_size, item->key_size, tags};
  uint32_t crc = Crc32c(0, sizes, sizeof(sizes));
  crc = Crc32c(crc, item->key(), item->key_size);
  if (tags != 0) crc = Crc32c(crc, bytes + TagsOffset(item->key_size) + 8, size_t{tags} * 8);
  return Crc32c(crc, bytes + ValueOffset(item->key_size, tags), item->value_size);
}

// Writes a whole new item into bytes that no slot points to, but for the checksum. capacity 0 marks
// a large run.
inline void WriteItem(Item* item, const Key& key, const Content& content, uint16_t capacity) {
  const uint64_t flags = uint64_t{content.tag_count} << kTagShift;
  StoreRelaxed(&item->expiry_flags, ExpiryWord(content.expires_at, flags));
  StoreRelaxed(&item->sequence, 0u);
  StoreRelaxed(&item->checksum, 0u);
  StoreRelaxed(&item->value_size, static_cast<uint32_t>(content.size));
  StoreRelaxed(&item->key_size, static_cast<uint16_t>(key.size));
  StoreRelaxed(&item->capacity, capacity);
  uint8_t* const bytes = reinterpret_cast<uint8_t*>(item);
  RacyWrite(item->key(), key.data, key.size);
  if (content.tag_count != 0) {
    uint64_t* const tags = reinterpret_cast<uint64_t*>(bytes + TagsOffset(key.size));
    StoreRelaxed(tags, content.epoch);
    for (uint32_t i = 0; i < content.tag_count; i++) StoreRelaxed(tags + 1 + i, content.tags[i]);
  }
  RacyWrite(bytes + ValueOffset(key.size, content.tag_count), content.value, content.size);
}

inline void MarkDead(Item* item) {
  StoreRelaxed(&item->expiry_flags, LoadRelaxed(&item->expiry_flags) | kDead);
}

}  // namespace catzilla

#endif  // CATZILLA_CACHE_ITEM_H_
