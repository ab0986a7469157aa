#include "tags.h"

namespace catzilla {

namespace {

uint64_t Fingerprint(uint64_t tag) { return tag >> kEpochBits; }

// A tag has two buckets to choose from: so hardly any is full before half of all ways are taken.
// Source: Azar et al., "Balanced allocations" (STOC 1994).
constexpr uint32_t kChoices = 2;

uint64_t* BucketOf(const EngineState& state, uint64_t tag, uint32_t choice) {
  const uint64_t mixed = choice == 0 ? tag : tag * 0x9e3779b97f4a7c15u >> 20;
  return state.tag_notes + size_t{mixed & (state.tag_buckets - 1)} * kTagWays;
}

// Where a tag's note goes, and what is there now.
struct Way {
  uint64_t* word = nullptr;
  uint64_t seen = 0;
  bool is_own = false;
};

// The tag's own way; else a free one of the emptier bucket; else the oldest of both.
Way ChooseWay(const EngineState& state, uint64_t tag, uint64_t floor) {
  Way oldest, free;
  uint32_t most_free = 0;
  for (uint32_t choice = 0; choice < kChoices; choice++) {
    uint64_t* const bucket = BucketOf(state, tag, choice);
    Way free_here;
    uint32_t count = 0;
    for (uint32_t i = 0; i < kTagWays; i++) {
      const uint64_t word = LoadSeqCst(&bucket[i]);
      if (word != 0 && word >> kEpochBits == Fingerprint(tag)) return Way{&bucket[i], word, true};
      if ((word & kEpochMask) <= floor) {
        free_here = Way{&bucket[i], word, false};
        count++;
      } else if (oldest.word == nullptr || (word & kEpochMask) < (oldest.seen & kEpochMask)) {
        oldest = Way{&bucket[i], word, false};
      }
    }
    if (count > most_free) {
      most_free = count;
      free = free_here;
    }
  }
  return most_free != 0 ? free : oldest;
}

// One try to leave the note; false: somebody else changed the way it was to go to.
bool TryNote(EngineState& state, uint64_t tag, uint64_t epoch) {
  const uint64_t floor = LoadSeqCst(&state.header->tag_floor);
  const Way way = ChooseWay(state, tag, floor);
  const uint64_t had = way.seen & kEpochMask;
  if (way.is_own && had >= epoch) return true;
  // Before the old note goes: whoever no longer finds it finds the floor.
  if (!way.is_own && had > floor) RaiseTo(&state.header->tag_floor, had);
  return CompareExchangeSeqCst(way.word, way.seen, Fingerprint(tag) << kEpochBits | epoch);
}

}  // namespace

void RaiseTo(uint64_t* word, uint64_t value) {
  for (;;) {
    const uint64_t seen = LoadSeqCst(word);
    if (seen >= value || CompareExchangeSeqCst(word, seen, value)) return;
  }
}

void NoteTag(EngineState& state, uint64_t tag) {
  // Before the epoch rises, so that whoever reads the epoch and finds nobody noting knows that the
  // notes up to it are all there.
  uint32_t* const noting = &state.processes[state.process].noting;
  AddSeqCst(noting, 1u);
  const uint64_t epoch = AddSeqCst(state.tag_epoch, uint64_t{1}) + 1;
  while (!TryNote(state, tag, epoch & kEpochMask)) {
  }
  // Once more: a near-cache that copied an entry between the two, with the epoch risen and the note
  // not yet there, has to see it change.
  AddSeqCst(state.tag_epoch, uint64_t{1});
  AddSeqCst(noting, ~0u);
}

bool AnyInvalidated(const EngineState& state, const uint64_t* tags, uint32_t count,
                    uint64_t epoch) {
  for (uint32_t i = 0; i < count; i++) {
    const uint64_t tag = LoadRelaxed(tags + i);
    for (uint32_t choice = 0; choice < kChoices; choice++) {
      const uint64_t* const bucket = BucketOf(state, tag, choice);
      for (uint32_t way = 0; way < kTagWays; way++) {
        const uint64_t word = LoadAcquire(&bucket[way]);
        if (word >> kEpochBits == Fingerprint(tag) && (word & kEpochMask) > epoch) return true;
      }
    }
  }
  // After the notes: a note that was forgotten while we looked has raised the floor before it went.
  return epoch < LoadAcquire(&state.header->tag_floor);
}

}  // namespace catzilla
