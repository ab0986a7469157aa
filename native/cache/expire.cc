#include "expire.h"

#include "pins.h"
#include "tags.h"

namespace catzilla {

namespace {

enum class Change { kDone, kNotLive, kMoved };

// REQUIRES: the item's segment is pinned, and had `version` when the slot was last read.
Change ChangePinned(EngineState& state, uint64_t* word, uint64_t loaded, Item* item,
                    int64_t expires_at) {
  const int64_t now = state.CoarseNow();
  for (;;) {
    const uint64_t seen = LoadSeqCst(&item->expiry_flags);
    if (seen & kDead) return Change::kMoved;
    const bool is_live = !IsExpired(seen, now) && !IsVoid(state, item);
    // What is not live stays as it is, at any place.
    if (is_live && !CompareExchangeSeqCst(&item->expiry_flags, seen,
                                          ExpiryWord(expires_at, seen & kFlagMask))) {
      continue;
    }
    if ((LoadSeqCst(word) ^ loaded) & ~slot::kFrequencyMask) return Change::kMoved;
    return is_live ? Change::kDone : Change::kNotLive;
  }
}

// The sequence is not looked at: a key never changes, and the value does not matter here.
Attempt TryChange(EngineState& state, uint64_t* word, uint64_t loaded, const Key& key,
                  int64_t expires_at) {
  const Offset offset = slot::OffsetOf(loaded);
  if (offset < state.meta_bytes || offset + sizeof(Item) + key.size > state.arena_bytes) {
    return Attempt::kRetry;
  }
  const SegmentId id = state.SegmentAt(offset);
  const uint64_t version = LoadAcquire(&state.segments[id].version);
  if (version & 1 || !Pin(state, id)) return Attempt::kRetry;
  Attempt attempt = Attempt::kRetry;
  if (LoadSeqCst(&state.segments[id].version) == version &&
      ((LoadSeqCst(word) ^ loaded) & ~slot::kFrequencyMask) == 0) {
    Item* const item = reinterpret_cast<Item*>(state.base + offset);
    if (LoadRelaxed(&item->key_size) != key.size || !RacyEqual(item->key(), key.data, key.size)) {
      attempt = Attempt::kOtherKey;
    } else {
      const Change change = ChangePinned(state, word, loaded, item, expires_at);
      if (change == Change::kDone) attempt = Attempt::kHit;
      if (change == Change::kNotLive) attempt = Attempt::kExpired;
    }
  }
  Unpin(state, id);
  return attempt;
}

}  // namespace

bool SetExpiryUnlocked(EngineState& state, const Key& key, int64_t expires_at) {
  const Shard& shard = state.ShardOf(key.hash);
  const uint32_t rebuilds = LoadSeqCst(&shard.rebuilds);
  // First, too: whoever is about to make an entry findable either finds this or is found below. See
  // version.h.
  state.BumpGeneration(key.hash);
  FenceSeqCst();
  Attempt attempt = Attempt::kRetry;
  // A stopped process moves nothing, so a retry is rare; the bound is for one that goes on.
  for (int i = 0; i < 1000 && attempt == Attempt::kRetry; i++) {
    attempt = Probe(state, shard, key, [&](uint64_t* word, uint64_t loaded) {
      return TryChange(state, word, loaded, key, expires_at);
    });
  }
  FenceAcquire();
  const bool is_whole = (rebuilds & 1) == 0 && LoadSeqCst(&shard.rebuilds) == rebuilds;
  const bool is_unsure = attempt == Attempt::kRetry || (attempt == Attempt::kMiss && !is_whole);
  if (is_unsure && expires_at == 0) {
    OrSeqCst(&state.header->pending_clears, state.ShardBit(shard));
  }
  state.BumpGeneration(key.hash);
  return attempt == Attempt::kHit;
}

}  // namespace catzilla
