#include "index.h"

#include <cstring>

#include "segments.h"

namespace catzilla {

namespace {

constexpr uint32_t kNoPage = 0;  // page 0 is the arena's header

void InitPage(Bucket* page, uint32_t depth, uint32_t version) {
  const uint64_t meta =
      uint64_t{version} << bucket_meta::kVersionShift | uint64_t{depth} << bucket_meta::kDepthShift;
  for (uint32_t b = 0; b < kBucketsPerPage; b++) {
    for (uint64_t& word : page[b].slots) StoreRelaxed(&word, uint64_t{0});
    StoreRelease(&page[b].meta, meta);
  }
}

uint32_t DepthOfPage(const Bucket* page) {
  return bucket_meta::DepthOf(LoadRelaxed(&page[0].meta));
}

void AddOverflow(Bucket& home, int by) {
  StoreRelease(&home.meta, LoadRelaxed(&home.meta) + static_cast<uint64_t>(int64_t{by}));
}

// Linked through a slot word whose upper bits are 0: no hash of this list can match it, because a
// page on the list is in no directory.
void LinkFree(EngineState& state, Shard& shard, uint32_t number) CATZ_REQUIRES(shard.mutex) {
  StoreRelaxed(&PageAt(state, number)[0].slots[0], uint64_t{shard.free_page});
  shard.free_page = number;
}

// A page is reused from the shard's list (linked through its first slot) or carved from its index
// segment. 0: the bound has no room for another segment right now.
uint32_t TakePage(EngineState& state, Shard& shard) CATZ_REQUIRES(shard.mutex) {
  if (shard.free_page != kNoPage) {
    const uint32_t page = shard.free_page;
    shard.free_page = static_cast<uint32_t>(LoadRelaxed(&PageAt(state, page)[0].slots[0]));
    AddRelaxed(&shard.index_pages, 1u);
    return page;
  }
  if (shard.index_segment == kNoSegment || shard.index_next == state.segment_bytes()) {
    const SegmentId id = TakeSegment(state, shard, Role::kIndex, TakeFrom::kTop);
    if (id == kNoSegment) return kNoPage;
    shard.index_segment = id;
    shard.index_next = 0;
  }
  const Offset at = state.StartOf(shard.index_segment) + shard.index_next;
  shard.index_next += kPageBytes;
  AddRelaxed(&shard.index_pages, 1u);
  return static_cast<uint32_t>(at / kPageBytes);
}

void BumpPageVersion(Bucket* page, uint32_t depth) {
  for (uint32_t b = 0; b < kBucketsPerPage; b++) {
    const uint64_t meta = LoadRelaxed(&page[b].meta);
    const uint64_t next = uint64_t{bucket_meta::VersionOf(meta) + 1} << bucket_meta::kVersionShift |
                          uint64_t{depth} << bucket_meta::kDepthShift |
                          bucket_meta::OverflowOf(meta);
    StoreRelease(&page[b].meta, next);
  }
}

// Moves the upper half of a page's hash range to a new page. Order matters to readers without a
// lock: copy, point the directory to the copy, change the version, clear the original.
bool SplitPage(EngineState& state, Shard& shard, uint64_t hash) CATZ_REQUIRES(shard.mutex) {
  uint32_t* const directory = state.DirectoryOf(shard);
  const uint32_t at = static_cast<uint32_t>(hash >> (64 - state.directory_bits));
  Bucket* const page = PageAt(state, directory[at]);
  const uint32_t depth = DepthOfPage(page);
  if (depth == state.directory_bits) return false;
  const uint32_t fresh_number = TakePage(state, shard);
  if (fresh_number == kNoPage) return false;
  Bucket* const fresh = PageAt(state, fresh_number);
  InitPage(fresh, depth + 1, bucket_meta::VersionOf(LoadRelaxed(&fresh[0].meta)) + 1);

  const uint64_t moves = uint64_t{1} << (63 - depth);  // the hash bit that tells the halves apart
  for (uint32_t b = 0; b < kBucketsPerPage; b++) {
    for (uint32_t i = 0; i < kSlotsPerBucket; i++) {
      const uint64_t word = LoadRelaxed(&page[b].slots[i]);
      if (word == 0 || !(word & moves)) continue;
      StoreRelaxed(&fresh[b].slots[i], word);
      if (slot::UpperOf(word) & 1) {
        AddOverflow(fresh[OtherBucket(b, word >> slot::kTagShift)], 1);
      }
    }
  }
  const uint32_t span = uint32_t{1} << (state.directory_bits - depth);
  const uint32_t first = at & ~(span - 1);
  for (uint32_t i = first + span / 2; i < first + span; i++) {
    StoreRelease(&directory[i], fresh_number);
  }
  BumpPageVersion(page, depth + 1);
  for (uint32_t b = 0; b < kBucketsPerPage; b++) {
    for (uint32_t i = 0; i < kSlotsPerBucket; i++) {
      const uint64_t word = LoadRelaxed(&page[b].slots[i]);
      if (word == 0 || !(word & moves)) continue;
      StoreRelease(&page[b].slots[i], uint64_t{0});
      if (slot::UpperOf(word) & 1) {
        AddOverflow(page[OtherBucket(b, word >> slot::kTagShift)], -1);
      }
    }
  }
  return true;
}

uint64_t* EmptySlot(Bucket& bucket) {
  for (uint64_t& word : bucket.slots) {
    if (LoadRelaxed(&word) == 0) return &word;
  }
  return nullptr;
}

// Calls test for each slot that may hold the hash; stops at the first it accepts.
template <class Test>
SlotRef FindWhere(const EngineState& state, const Shard& shard, uint64_t hash, Test test) {
  Bucket* const page = PageAt(state, *DirectoryEntry(state, shard, hash));
  const uint32_t home = HomeBucket(hash);
  for (int overflow = 0; overflow < 2; overflow++) {
    if (overflow && bucket_meta::OverflowOf(LoadRelaxed(&page[home].meta)) == 0) break;
    Bucket& bucket = page[overflow ? OtherBucket(home, slot::TagOf(hash)) : home];
    const uint64_t wanted = slot::Match(hash, overflow != 0);
    for (uint64_t& word : bucket.slots) {
      const uint64_t value = LoadRelaxed(&word);
      if (slot::UpperOf(value) != wanted || (value & slot::kOffsetMask) == 0) continue;
      if (test(value)) return SlotRef{&word, &page[home]};
    }
  }
  return SlotRef{};
}

}  // namespace

bool InitIndex(EngineState& state, Shard& shard) {
  const uint32_t page = TakePage(state, shard);
  if (page == kNoPage) return false;
  InitPage(PageAt(state, page), 0,
           bucket_meta::VersionOf(LoadRelaxed(&PageAt(state, page)[0].meta)) + 1);
  uint32_t* const directory = state.DirectoryOf(shard);
  const uint32_t entries = uint32_t{1} << state.directory_bits;
  for (uint32_t i = 0; i < entries; i++) StoreRelease(&directory[i], page);
  return true;
}

SlotRef FindKey(const EngineState& state, const Shard& shard, const Key& key) {
  return FindWhere(state, shard, key.hash, [&](uint64_t word) {
    const Item* item = reinterpret_cast<const Item*>(state.base + slot::OffsetOf(word));
    return item->key_size == key.size && RacyEqual(item->key(), key.data, key.size);
  });
}

SlotRef FindOffset(const EngineState& state, const Shard& shard, uint64_t hash, Offset offset) {
  return FindWhere(state, shard, hash,
                   [&](uint64_t word) { return slot::OffsetOf(word) == offset; });
}

SlotRef InsertSlot(EngineState& state, Shard& shard, uint64_t hash, Offset offset) {
  for (;;) {
    Bucket* const page = PageAt(state, *DirectoryEntry(state, shard, hash));
    const uint32_t home = HomeBucket(hash);
    if (uint64_t* word = EmptySlot(page[home])) {
      StoreRelease(word, slot::Make(hash, false, 0, offset));
      return SlotRef{word, &page[home]};
    }
    if (uint64_t* word = EmptySlot(page[OtherBucket(home, slot::TagOf(hash))])) {
      AddOverflow(page[home], 1);
      StoreRelease(word, slot::Make(hash, true, 0, offset));
      return SlotRef{word, &page[home]};
    }
    if (!SplitPage(state, shard, hash)) return SlotRef{};
  }
}

SlotRef LeastUsedSlot(const EngineState& state, const Shard& shard, uint64_t hash) {
  Bucket* const page = PageAt(state, *DirectoryEntry(state, shard, hash));
  Bucket& bucket = page[HomeBucket(hash)];
  uint64_t* least = &bucket.slots[0];
  for (uint64_t& word : bucket.slots) {
    if (slot::FrequencyOf(LoadRelaxed(&word)) < slot::FrequencyOf(LoadRelaxed(least))) {
      least = &word;
    }
  }
  const uint64_t value = LoadRelaxed(least);
  const bool overflow = slot::UpperOf(value) & 1;
  const uint32_t here = HomeBucket(hash);
  const uint32_t home = overflow ? OtherBucket(here, value >> slot::kTagShift) : here;
  return SlotRef{least, &page[home]};
}

void ClearSlot(const SlotRef& ref) {
  const uint64_t word = LoadRelaxed(ref.word);
  StoreRelease(ref.word, uint64_t{0});
  if (slot::UpperOf(word) & 1) AddOverflow(*ref.home, -1);
}

void FreeIndexPages(EngineState& state, Shard& shard, Offset start) {
  const uint32_t first = static_cast<uint32_t>(start / kPageBytes);
  const uint32_t count = state.segment_bytes() / kPageBytes;
  for (uint32_t number = first + count; number-- > first;) {
    Bucket* const page = PageAt(state, number);
    InitPage(page, 0, bucket_meta::VersionOf(LoadRelaxed(&page[0].meta)) + 1);
    LinkFree(state, shard, number);
  }
}

void ResetIndex(EngineState& state, Shard& shard) {
  uint32_t* const directory = state.DirectoryOf(shard);
  const uint32_t entries = uint32_t{1} << state.directory_bits;
  const uint32_t kept = directory[0];
  for (uint32_t i = 0; i < entries;) {
    const uint32_t number = directory[i];
    Bucket* const page = PageAt(state, number);
    const uint32_t span = entries >> DepthOfPage(page);
    for (uint32_t j = i; j < i + span; j++) StoreRelease(&directory[j], kept);
    InitPage(page, 0, bucket_meta::VersionOf(LoadRelaxed(&page[0].meta)) + 1);
    if (number != kept) {
      LinkFree(state, shard, number);
      AddRelaxed(&shard.index_pages, ~0u);
    }
    i += span;
  }
}

}  // namespace catzilla
