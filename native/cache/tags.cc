#include "tags.h"

namespace catzilla {

namespace {

// A note: fingerprint 20 | epoch 44. 0 = empty; epochs begin at 1.
constexpr uint32_t kEpochBits = 44;
constexpr uint64_t kEpochMask = (uint64_t{1} << kEpochBits) - 1;

uint64_t Fingerprint(uint64_t tag) { return tag >> kEpochBits; }

uint64_t* BucketOf(const EngineState& state, uint64_t tag) {
  return state.tag_notes + size_t{tag & (state.tag_buckets - 1)} * kTagWays;
}

// One try to leave the note; false: somebody else changed the way it was to go to.
bool TryNote(EngineState& state, uint64_t tag, uint64_t epoch) {
  uint64_t* const bucket = BucketOf(state, tag);
  const uint64_t note = Fingerprint(tag) << kEpochBits | epoch;
  uint64_t* way = nullptr;  // the tag's own, else an empty one, else the oldest
  uint64_t seen = 0;
  for (uint32_t i = 0; i < kTagWays; i++) {
    const uint64_t word = LoadSeqCst(&bucket[i]);
    if (word != 0 && word >> kEpochBits == Fingerprint(tag)) {
      if ((word & kEpochMask) >= epoch) return true;
      way = &bucket[i];
      seen = word;
      break;
    }
    if (way == nullptr || (seen != 0 && (word & kEpochMask) < (seen & kEpochMask))) {
      way = &bucket[i];
      seen = word;
    }
  }
  // Before the old note goes: whoever no longer finds it finds the floor.
  const bool forgets = seen != 0 && seen >> kEpochBits != Fingerprint(tag);
  if (forgets) RaiseTo(&state.header->tag_floor, seen & kEpochMask);
  return CompareExchangeSeqCst(way, seen, note);
}

}  // namespace

void RaiseTo(uint64_t* word, uint64_t value) {
  for (;;) {
    const uint64_t seen = LoadSeqCst(word);
    if (seen >= value || CompareExchangeSeqCst(word, seen, value)) return;
  }
}

void NoteTag(EngineState& state, uint64_t tag) {
  const uint64_t epoch = AddSeqCst(state.tag_epoch, uint64_t{1}) + 1;
  while (!TryNote(state, tag, epoch & kEpochMask)) {
  }
}

bool AnyInvalidated(const EngineState& state, const uint64_t* tags, uint32_t count,
                    uint64_t epoch) {
  for (uint32_t i = 0; i < count; i++) {
    const uint64_t tag = LoadRelaxed(tags + i);
    const uint64_t* const bucket = BucketOf(state, tag);
    for (uint32_t way = 0; way < kTagWays; way++) {
      const uint64_t word = LoadAcquire(&bucket[way]);
      if (word >> kEpochBits == Fingerprint(tag) && (word & kEpochMask) > epoch) return true;
    }
  }
  // After the notes: a note that was forgotten while we looked has raised the floor before it went.
  return epoch < LoadAcquire(&state.header->tag_floor);
}

}  // namespace catzilla
