#include "entries.h"

#include "eviction_ring.h"
#include "tags.h"

namespace catzilla {

namespace {

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
  RacyWrite(reinterpret_cast<uint8_t*>(to), reinterpret_cast<const uint8_t*>(from), bytes);
  const uint64_t copied = LoadRelaxed(&to->expiry_flags);
  if (TagCountOf(copied) != 0) {
    uint64_t* const epoch =
        reinterpret_cast<uint64_t*>(reinterpret_cast<uint8_t*>(to) + TagsOffset(to->key_size));
    StoreRelaxed(epoch, RaisedEpoch(state, LoadRelaxed(epoch)));
  }
  const uint32_t reads = ReadsOf(copied, slot::FrequencyOf(old));
  StoreRelaxed(&to->expiry_flags, WithHistory(copied, reads, frequency));
  AddLive(state, shard, state.SegmentAt(target), bytes, ExpiryOf(copied));
  const uint64_t moved = slot::WithOffset(old, frequency, target);
  if (state.is_shared) {
    // Without the mutex an entry may be given another expiry (expire.cc). Whoever does so either
    // finds the slot changed and comes here, or did it before and is followed. Until then the copy
    // is not to be read, however long we are stopped, nor to be recovered, should we die: the
    // sequence is odd before the checksum fits.
    const uint32_t sequence = LoadRelaxed(&to->sequence);
    StoreRelaxed(&to->sequence, sequence + 1);
    KeepProgramOrder();
    const uint64_t left = state.segments[state.SegmentAt(source)].version;
    const uint64_t entered = state.segments[state.SegmentAt(target)].version;
    StoreRelaxed(&to->checksum,
                 from->checksum ^ PlaceMark(source, left) ^ PlaceMark(target, entered));
    StoreSeqCst(ref.word, moved);
    const int64_t now = ExpiryOf(LoadSeqCst(&from->expiry_flags));
    const uint64_t word = LoadSeqCst(&to->expiry_flags);
    // Who has come here since knows better than what we follow.
    if (now != ExpiryOf(copied) && ExpiryOf(word) == ExpiryOf(copied)) {
      CompareExchangeSeqCst(&to->expiry_flags, word, ExpiryWord(now, word & kFlagMask));
    }
    StoreRelease(&to->sequence, sequence + 2);
  } else {
    StoreRelease(ref.word, moved);
  }
  Bury(state, shard, source);
}

}  // namespace catzilla
