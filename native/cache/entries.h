// Entries: an item together with the slot that makes it findable: publish, move, remove.
//
// Invariant: after each call the counts of entries and live bytes, in shard and segment, are exact.
// Threads: all under the shard's mutex; readers see the slot change in one store.
#ifndef CATZILLA_CACHE_ENTRIES_H_
#define CATZILLA_CACHE_ENTRIES_H_

#include "index.h"
#include "segments.h"

namespace catzilla {

inline Item* ItemAt(const EngineState& state, Offset offset) {
  return reinterpret_cast<Item*>(state.base + offset);
}
inline Item* ItemOf(const EngineState& state, const SlotRef& ref) {
  return ItemAt(state, slot::OffsetOf(LoadRelaxed(ref.word)));
}

// Neither expired nor void by its tags.
bool IsLive(const EngineState& state, const Item* item, int64_t now);

// In a shared arena: the checksum of what the item now holds; whether it still does.
void SealItem(const EngineState& state, Item* item, Offset offset);
bool IsWhole(const EngineState& state, const Item* item, Offset offset);

// Makes a complete item findable under its key, in place of `existing` if that is not null.
// `bytes` is what the item takes in its segment.
void PublishEntry(EngineState& state, Shard& shard, Counters* counters, uint64_t hash,
                  Offset offset, uint32_t bytes, int64_t expires_at, const SlotRef& existing)
    CATZ_REQUIRES(shard.mutex);

// Removes the entry; its segment is freed when it was the last there.
void RemoveEntry(EngineState& state, Shard& shard, const SlotRef& ref) CATZ_REQUIRES(shard.mutex);

// The same, counted as an eviction.
void EvictEntry(EngineState& state, Shard& shard, Counters* counters, const SlotRef& ref)
    CATZ_REQUIRES(shard.mutex);

// Copies the item to `target`, which has room for it, and points the slot there. REQUIRES: it is
// live.
void MoveEntry(EngineState& state, Shard& shard, const SlotRef& ref, Offset target,
               uint32_t frequency) CATZ_REQUIRES(shard.mutex);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_ENTRIES_H_
