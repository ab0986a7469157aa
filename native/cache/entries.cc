#include "entries.h"

#include "eviction_ring.h"
#include "tags.h"

namespace catzilla {

namespace {

// Returns the item's flags and expiry, which stay so from here on: expire.cc changes no dead item,
// it looks again until the slot has changed. REQUIRES: the slot still points to it, so that whoever
// no longer finds it may rely on that: should we die in between, it is not recovered.
uint64_t Condemn(const EngineState& state, Item* item) {
  if (!state.is_shared) return LoadRelaxed(&item->expiry_flags);
  return OrSeqCst(&item->expiry_flags, uint64_t{kDead});
}

// The item stays readable for those who loaded its slot before: its bytes change only when the
// segment is reused.
void Bury(EngineState& state, Shard& shard, Offset offset) CATZ_REQUIRES(shard.mutex) {
  Item* const item = ItemAt(state, offset);
  const SegmentId id = state.SegmentAt(offset);
  const uint32_t bytes =
      item->capacity != 0 ? uint32_t{item->capacity} * 8 : state.segments[id].live_bytes;
  MarkDead(item);
  RemoveLive(state, shard, id, bytes);
}

}  // namespace

bool IsLive(const EngineState& state, const Item* item, int64_t now) {
  return !IsExpired(LoadRelaxed(&item->expiry_flags), now) && !IsVoid(state, item);
}

void SealItem(const EngineState& state, Item* item, Offset offset) {
  if (!state.is_shared) return;
  const uint64_t version = state.segments[state.SegmentAt(offset)].version;
  StoreRelaxed(&item->checksum, ContentChecksum(item) ^ PlaceMark(offset, version));
}

bool IsWhole(const EngineState& state, const Item* item, Offset offset) {
  if (!state.is_shared) return true;
  const uint64_t version = state.segments[state.SegmentAt(offset)].version;
  return item->checksum == (ContentChecksum(item) ^ PlaceMark(offset, version));
}

void PublishEntry(EngineState& state, Shard& shard, Counters* counters, uint64_t hash,
                  Offset offset, uint32_t bytes, int64_t expires_at, const SlotRef& existing) {
  AddLive(state, shard, state.SegmentAt(offset), bytes, expires_at);
  if (existing) {
    const uint64_t old = LoadRelaxed(existing.word);
    Item* const item = ItemAt(state, offset);
    const uint64_t history =
        LoadRelaxed(&ItemAt(state, slot::OffsetOf(old))->expiry_flags) & kHistoryMask;
    StoreRelaxed(&item->expiry_flags, LoadRelaxed(&item->expiry_flags) | history);
    StoreRelease(existing.word, slot::WithOffset(old, slot::FrequencyOf(old), offset));
    Bury(state, shard, slot::OffsetOf(old));
    return;
  }
  while (!InsertSlot(state, shard, hash, offset)) {
    // No room for another index page: the entry least used of those that compete gives way.
    EvictEntry(state, shard, counters, LeastUsedSlot(state, shard, hash));
  }
  StoreRelaxed(&shard.entries, shard.entries + 1);
}

void RemoveEntry(EngineState& state, Shard& shard, const SlotRef& ref) {
  const Offset offset = slot::OffsetOf(LoadRelaxed(ref.word));
  Condemn(state, ItemAt(state, offset));
  ClearSlot(ref);
  StoreRelaxed(&shard.entries, shard.entries - 1);
  Bury(state, shard, offset);
}

void EvictEntry(EngineState& state, Shard& shard, Counters* counters, const SlotRef& ref) {
  const uint64_t word = LoadRelaxed(ref.word);
  const Item* const item = ItemAt(state, slot::OffsetOf(word));
  const uint32_t reads = ReadsOf(LoadRelaxed(&item->expiry_flags), slot::FrequencyOf(word));
  Count(counters, Counter::kEvictions);
  if (reads == 0) Count(counters, Counter::kEvictedUnread);
  KeepEvicted(state, shard, item, reads);
  RemoveEntry(state, shard, ref);
}

void MoveEntry(EngineState& state, Shard& shard, const SlotRef& ref, Offset target,
               uint32_t frequency) {
  const uint64_t old = LoadRelaxed(ref.word);
  const Offset source = slot::OffsetOf(old);
  Item* const from = ItemAt(state, source);
  Item* const to = ItemAt(state, target);
  const uint32_t bytes = uint32_t{from->capacity} * 8;
  const uint32_t sequence = LoadRelaxed(&from->sequence);
  // Odd and without a checksum it is unfinished, not damaged, should we die.
  StoreRelaxed(&to->sequence, sequence + 1);
  StoreRelaxed(&to->checksum, 0u);
  KeepProgramOrder();
  StoreRelaxed(&to->value_size, from->value_size);
  StoreRelaxed(&to->key_size, from->key_size);
  StoreRelaxed(&to->capacity, from->capacity);
  RacyWrite(to->key(), from->key(), bytes - sizeof(Item));
  if (TagCountOf(LoadRelaxed(&from->expiry_flags)) != 0) {
    uint64_t* const epoch =
        reinterpret_cast<uint64_t*>(reinterpret_cast<uint8_t*>(to) + TagsOffset(to->key_size));
    StoreRelaxed(epoch, RaisedEpoch(state, LoadRelaxed(epoch)));
  }
  if (state.is_shared) {
    const uint64_t left = state.segments[state.SegmentAt(source)].version;
    const uint64_t entered = state.segments[state.SegmentAt(target)].version;
    StoreRelaxed(&to->checksum,
                 from->checksum ^ PlaceMark(source, left) ^ PlaceMark(target, entered));
  }
  // Only one of the two can be recovered at any moment; for a few instructions none, since what is
  // removed at one end without the mutex must not come back at the other.
  const uint64_t word = Condemn(state, from);
  const uint32_t reads = ReadsOf(word, slot::FrequencyOf(old));
  StoreRelaxed(&to->expiry_flags, WithHistory(word, reads, frequency));
  StoreRelease(&to->sequence, sequence);
  AddLive(state, shard, state.SegmentAt(target), bytes, ExpiryOf(word));
  StoreRelease(ref.word, slot::WithOffset(old, frequency, target));
  Bury(state, shard, source);
}

}  // namespace catzilla
