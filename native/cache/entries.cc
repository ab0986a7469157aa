#include "entries.h"

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

void PublishEntry(EngineState& state, Shard& shard, Counters* counters, uint64_t hash,
                  Offset offset, uint32_t bytes, int64_t expires_at, const SlotRef& existing) {
  AddLive(state, shard, state.SegmentAt(offset), bytes, expires_at);
  if (existing) {
    const uint64_t old = LoadRelaxed(existing.word);
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
  const bool was_read = slot::FrequencyOf(word) != 0 ||
                        (ItemAt(state, slot::OffsetOf(word))->expiry_flags & kWasRead) != 0;
  Count(counters, Counter::kEvictions);
  if (!was_read) Count(counters, Counter::kEvictedUnread);
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
  if (slot::FrequencyOf(old) != 0) {
    StoreRelaxed(&to->expiry_flags, LoadRelaxed(&to->expiry_flags) | kWasRead);
  }
  AddLive(state, shard, state.SegmentAt(target), bytes, ExpiryOf(from->expiry_flags));
  StoreRelease(ref.word, slot::WithOffset(old, frequency, target));
  Bury(state, shard, source);
}

}  // namespace catzilla
