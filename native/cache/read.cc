#include "read.h"

namespace catzilla {

namespace {

constexpr int kOptimisticTries = 16;

enum class Attempt { kHit, kMiss, kTooSmall, kExpired, kOtherKey, kRetry };

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
  const uint64_t value_at = offset + ValueOffset(key.size);
  const bool fits = size <= request.capacity;
  if (same && request.target != nullptr && fits) {
    if (value_at + size > state.arena_bytes) return Attempt::kRetry;
    RacyRead(request.target, state.base + value_at, size);
  }
  FenceAcquire();  // pairs with the release fences of CloseVersion and RewriteItem
  if (LoadRelaxed(&row.version) != version || LoadRelaxed(&item->sequence) != sequence) {
    return Attempt::kRetry;
  }
  if (!same) return Attempt::kOtherKey;

  info->size = size;
  info->expires_at = ExpiryOf(expiry);
  info->frequency = slot::FrequencyOf(loaded);
  if (info->expires_at != kNeverExpires && info->expires_at <= state.CoarseNow()) {
    return Attempt::kExpired;
  }
  if (request.target != nullptr && !fits) return Attempt::kTooSmall;
  // Saturated: no write at all. A lost race loses one count of recency, nothing else.
  if (request.touch && info->frequency < 3) {
    CompareExchangeRelaxed(word, loaded, loaded + slot::kFrequencyOne);
  }
  return Attempt::kHit;
}

// HOT: benchmarks/engine
Attempt TryRead(EngineState& state, const Shard& shard, const Key& key, const ReadRequest& request,
                ReadInfo* info) {
  const uint32_t* const entry = DirectoryEntry(state, shard, key.hash);
  const uint32_t number = LoadAcquire(entry);
  Bucket* const page = PageAt(state, number);
  const uint32_t home = HomeBucket(key.hash);
  const uint64_t meta = LoadAcquire(&page[home].meta);

  Bucket* bucket = &page[home];
  uint64_t wanted = slot::Match(key.hash, false);
  for (int pass = 0;; pass++) {
    for (uint64_t& word : bucket->slots) {
      const uint64_t loaded = LoadAcquire(&word);
      if (slot::UpperOf(loaded) != wanted || (loaded & slot::kOffsetMask) == 0) continue;
      const Attempt attempt = ReadItem(state, &word, loaded, key, request, info);
      if (attempt == Attempt::kOtherKey) continue;
      if (attempt == Attempt::kRetry) return attempt;
      // The page itself must still be the key's: a reused page may hold anything.
      return LoadRelaxed(entry) == number ? attempt : Attempt::kRetry;
    }
    if (pass == 1 || bucket_meta::OverflowOf(meta) == 0) break;
    bucket = &page[OtherBucket(home, slot::TagOf(key.hash))];
    wanted |= 1;
  }
  FenceAcquire();  // pairs with the release stores of SplitPage: cleared seen => version seen
  const bool steady =
      LoadRelaxed(entry) == number &&
      bucket_meta::VersionOf(LoadRelaxed(&page[home].meta)) == bucket_meta::VersionOf(meta);
  return steady ? Attempt::kMiss : Attempt::kRetry;
}

Lookup ToLookup(Attempt attempt) {
  switch (attempt) {
    case Attempt::kHit:
      return Lookup::kHit;
    case Attempt::kTooSmall:
      return Lookup::kTooSmall;
    case Attempt::kExpired:
      return Lookup::kExpired;
    default:
      return Lookup::kMiss;
  }
}

}  // namespace

Lookup ReadEntry(EngineState& state, const Key& key, const ReadRequest& request, ReadInfo* info) {
  Shard& shard = state.ShardOf(key.hash);
  info->generation_slot = static_cast<uint32_t>(key.hash) & state.generation_mask;
  // Before the lookup: a write published later changes it, so the copy is known to be old.
  info->generation = LoadAcquire(&state.generations[info->generation_slot]);
  for (int i = 0; i < kOptimisticTries; i++) {
    const Attempt attempt = TryRead(state, shard, key, request, info);
    if (attempt != Attempt::kRetry) return ToLookup(attempt);
  }
  MutexLock lock(shard.mutex);  // writers keep out, so one attempt decides
  return ToLookup(TryRead(state, shard, key, request, info));
}

}  // namespace catzilla
