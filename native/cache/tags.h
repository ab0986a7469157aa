// Tags: which were invalidated, and when.
//
// One epoch for the arena rises with each invalidation. A note remembers a tag and the epoch of its
// last invalidation; an entry is void when a tag of its has a note later than the epoch the entry
// was stored under. Most reads need no note: nothing was invalidated since the entry was stored.
// Memory is bounded: notes lie in buckets, and the oldest of a full one gives way; what it knew is
// kept as a floor, below which every tagged entry is void. Two tags may share a note. A pass over
// all tagged items (tag_pass.h) raises their epochs, so that old notes are needed no more.
// Invariant: errors go to over-invalidation only.
// Threads: no lock; a note is one word, changed by compare-and-swap, and only ever to a later
// epoch.
#ifndef CATZILLA_CACHE_TAGS_H_
#define CATZILLA_CACHE_TAGS_H_

#include "item.h"
#include "state.h"

namespace catzilla {

// A note: fingerprint 20 | epoch 44. 0 = empty; epochs begin at 1.
inline constexpr uint32_t kEpochBits = 44;
inline constexpr uint64_t kEpochMask = (uint64_t{1} << kEpochBits) - 1;

// Never lowers the word.
void RaiseTo(uint64_t* word, uint64_t value);
// Notes that fit.
inline uint64_t NoteCount(const EngineState& state) {
  return uint64_t{state.tag_buckets} * kTagWays;
}
// A new epoch, with a note for the tag.
void NoteTag(EngineState& state, uint64_t tag);

// Whether one of the tags was invalidated after `epoch`.
bool AnyInvalidated(const EngineState& state, const uint64_t* tags, uint32_t count, uint64_t epoch);

// For what is not void now: no epoch below the present pass's need be kept.
inline uint64_t RaisedEpoch(const EngineState& state, uint64_t epoch) {
  const uint64_t pass = LoadAcquire(&state.header->tag_pass);
  return epoch < pass ? pass : epoch;
}

// Whether an item's tags make it void. Reads only the words it is given and the notes, so it may
// run beside a writer; the caller then has to validate the item afterwards.
inline bool IsVoid(const EngineState& state, const uint64_t* tags, uint32_t count) {
  const uint64_t epoch = LoadRelaxed(tags);
  if (epoch >= LoadAcquire(state.tag_epoch)) return false;
  return AnyInvalidated(state, tags + 1, count, epoch);
}

// The same for an item under its shard's mutex.
inline bool IsVoid(const EngineState& state, const Item* item) {
  const uint32_t count = TagCountOf(LoadRelaxed(&item->expiry_flags));
  return count != 0 && IsVoid(state, TagsOf(item, item->key_size), count);
}

}  // namespace catzilla

#endif  // CATZILLA_CACHE_TAGS_H_
