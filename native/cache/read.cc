#include "read.h"

#include "pins.h"
#include "segments.h"
#include "tags.h"
#include "write.h"

namespace catzilla {

namespace {

// HOT: benchmarks/engine
inline Attempt ReadItem(EngineState& state, uint64_t* word, uint64_t loaded, const Key& key,
                        const ReadRequest& request, ReadInfo* info) {
  const Offset offset = slot::OffsetOf(loaded);
  if (offset < state.meta_bytes || offset + sizeof(Item) + key.size > state.arena_bytes) {
    return Attempt::kRetry;
  }
  const Segment& row = state.segments[state.SegmentAt(offset)];
  const uint64_t version = LoadAcquire(&row.version);
  if (version & 1) return Attempt::kRetry;
  // Frequency may have changed; the place may not.
  if ((LoadAcquire(word) ^ loaded) & ~slot::kFrequencyMask) return Attempt::kRetry;

  const Item* const item = reinterpret_cast<const Item*>(state.base + offset);
  const uint32_t sequence = LoadAcquire(&item->sequence);
  if (sequence & 1) return Attempt::kRetry;
  const bool same =
      LoadRelaxed(&item->key_size) == key.size && RacyEqual(item->key(), key.data, key.size);
  const uint32_t size = LoadRelaxed(&item->value_size);
  const uint64_t expiry = LoadRelaxed(&item->expiry_flags);
  const uint32_t tags = TagCountOf(expiry);
  const uint64_t value_at = offset + ValueOffset(key.size, tags);
  const bool fits = size <= request.capacity;
  bool is_void = false;
  if (same) {
    if (value_at + size > state.arena_bytes) return Attempt::kRetry;
    if (tags != 0) is_void = IsVoid(state, TagsOf(item, key.size), tags);
    if (request.target != nullptr && fits) RacyRead(request.target, state.base + value_at, size);
  }
  FenceAcquire();  // pairs with the release fences of CloseVersion and RewriteItem
  if (LoadRelaxed(&row.version) != version || LoadRelaxed(&item->sequence) != sequence) {
    return Attempt::kRetry;
  }
  if (!same) return Attempt::kOtherKey;

  info->size = size;
  info->expires_at = ExpiryOf(expiry);
  info->frequency = slot::FrequencyOf(loaded);
  info->tagged = tags != 0;
  if (info->expires_at != kNeverExpires && info->expires_at <= state.CoarseNow()) {
    return Attempt::kExpired;
  }
  if (is_void) return Attempt::kVoid;
  if (request.target != nullptr && !fits) return Attempt::kTooSmall;
  if (request.found != nullptr) *request.found = Found{offset, value_at, version, sequence};
  // Saturated: no write at all. A lost race loses one count of recency, nothing else.
  if (request.touch && info->frequency < 3) {
    CompareExchangeRelaxed(word, loaded, loaded + slot::kFrequencyOne);
  }
  return Attempt::kHit;
}

Attempt TryRead(EngineState& state, const Shard& shard, const Key& key, const ReadRequest& request,
                ReadInfo* info) {
  return Probe(state, shard, key, [&](uint64_t* word, uint64_t loaded) {
    return ReadItem(state, word, loaded, key, request, info);
  });
}

Lookup ToLookup(Attempt attempt) {
  switch (attempt) {
    case Attempt::kHit:
      return Lookup::kHit;
    case Attempt::kTooSmall:
      return Lookup::kTooSmall;
    case Attempt::kExpired:
      return Lookup::kExpired;
    case Attempt::kVoid:
      return Lookup::kVoid;
    default:
      return Lookup::kMiss;
  }
}

// Between the pin and these loads no writer can have begun that does not see the pin.
bool IsAsFound(const EngineState& state, const Found& found) {
  const Item* const item = reinterpret_cast<const Item*>(state.base + found.item);
  return LoadSeqCst(&state.segments[state.SegmentAt(found.item)].version) == found.version &&
         LoadSeqCst(&item->sequence) == found.sequence;
}

}  // namespace

// HOT: benchmarks/engine
Lookup ReadEntry(EngineState& state, const Key& key, const ReadRequest& request, ReadInfo* info) {
  Shard& shard = state.ShardOf(key.hash);
  info->generation_slot = static_cast<uint32_t>(key.hash) & state.generation_mask;
  // Before the lookup: a write published later changes it, so the copy is known to be old.
  info->generation = LoadAcquire(&state.generations[info->generation_slot]);
  info->tag_epoch = static_cast<uint32_t>(LoadAcquire(state.tag_epoch));
  const uint64_t bit = uint64_t{1} << (key.hash & state.shard_mask);
  if (LoadAcquire(&state.header->pending_clears) & bit) return Lookup::kMiss;
  for (int i = 0; i < kOptimisticTries; i++) {
    const Attempt attempt = TryRead(state, shard, key, request, info);
    if (attempt != Attempt::kRetry) return ToLookup(attempt);
  }
  ShardLock lock(state, shard);  // writers keep out, so one attempt decides
  if (!lock) return Lookup::kMiss;
  return ToLookup(TryRead(state, shard, key, request, info));
}

ReadStatus LeaseEntry(EngineState& state, Counters* counters, const Key& key, LeaseView* view,
                      ReadInfo* info) {
  const uint64_t limit =
      static_cast<uint64_t>(state.header->options.lease_share *
                            static_cast<double>(LoadRelaxed(&state.header->max_bytes)));
  Found found;
  const ReadRequest request{nullptr, 0, true, &found};
  for (int i = 0; i < kOptimisticTries; i++) {
    const Lookup lookup = ReadEntry(state, key, request, info);
    if (lookup != Lookup::kHit) {
      if (lookup != Lookup::kMiss) RemoveStale(state, counters, key);
      Count(counters, Counter::kMisses);
      return ReadStatus::kMiss;
    }
    const SegmentId id = state.SegmentAt(found.item);
    if (PinnedBytes(state) + BytesToPin(state, id) > limit || !Pin(state, id)) break;
    if (!IsAsFound(state, found)) {
      Unpin(state, id);
      continue;
    }
    AddRelaxed(&state.processes[state.process].leases, uint64_t{1});
    Count(counters, Counter::kHits);
    *view = LeaseView{state.base + found.value, id};
    return ReadStatus::kHit;
  }
  return ReadStatus::kOverLimit;
}

}  // namespace catzilla
