#include "engine.h"

#include <cstring>

#include "clock.h"
#include "machine.h"
#include "pins.h"
#include "processes.h"
#include "read.h"
#include "reclaim.h"
#include "sweep.h"
#include "tag_pass.h"
#include "tags.h"
#include "version.h"
#include "write.h"

namespace catzilla {

namespace {

int64_t ExpiresAt(const EngineState& state, int64_t ttl) {
  return ttl >= kNeverExpires ? kNeverExpires : state.Now() + ttl;
}

}  // namespace

int64_t EngineState::Now() const {
  const int64_t fixed = LoadRelaxed(&header->test_clock);
  return fixed >= 0 ? fixed : (MonotonicNs() - header->epoch_ns) / 1000000;
}

int64_t EngineState::CoarseNow() const {
  const int64_t fixed = LoadRelaxed(&header->test_clock);
  if (fixed >= 0) return fixed;
  const int64_t passed = CoarseMonotonicNs() - header->epoch_ns;
  return passed < 0 ? 0 : passed / 1000000;
}

const Options& Engine::options() const { return state_->header->options; }
uint64_t Engine::max_bytes() const { return LoadRelaxed(&state_->header->max_bytes); }
uint64_t Engine::Hash(const uint8_t* key, uint32_t size) const {
  return HashBytes(key, size, state_->hash_seed);
}
uint64_t Engine::HashTag(const uint8_t* tag, uint32_t size) const {
  return HashBytes(tag, size, ~state_->hash_seed);
}
const uint8_t* Engine::arena() const { return state_->base; }
uint64_t Engine::arena_bytes() const { return state_->arena_bytes; }
uint32_t Engine::layout_version() { return kLayoutVersion; }
Opened Engine::opened() const { return state_->opened; }
const char* Engine::opened_reason() const { return state_->opened_reason; }
bool Engine::Announce() { return OrSeqCst(&state_->announced, 1u) == 0; }
const uint64_t* Engine::tag_epoch_word() const { return state_->tag_epoch; }
uint64_t Engine::Epoch() const { return LoadSeqCst(state_->tag_epoch); }
uint32_t* Engine::generation_words() const { return state_->generations; }
uint32_t Engine::generation_count() const { return state_->generation_mask + 1; }
uint8_t* Engine::visited_bytes() const { return state_->visited; }
int64_t Engine::Now() const { return state_->Now(); }
int64_t Engine::CoarseNow() const { return state_->CoarseNow(); }
void Engine::SetTestClock(int64_t now) { StoreRelaxed(&state_->header->test_clock, now); }

// HOT: benchmarks/engine
ReadStatus Engine::Get(Counters* counters, const Key& key, uint8_t* target, uint32_t capacity,
                       ReadInfo* info) {
  // An empty target still asks for the bytes: a null one would mean metadata only.
  uint8_t none;
  const ReadRequest request{target != nullptr ? target : &none, capacity, true};
  switch (ReadEntry(*state_, key, request, info)) {
    case Lookup::kHit:
      Count(counters, Counter::kHits);
      return ReadStatus::kHit;
    case Lookup::kTooSmall:
      return ReadStatus::kTooSmall;
    case Lookup::kExpired:
    case Lookup::kVoid:
      RemoveStale(*state_, counters, key);
      [[fallthrough]];
    default:
      Count(counters, Counter::kMisses);
      return ReadStatus::kMiss;
  }
}

ReadStatus Engine::Peek(const Key& key, uint8_t* target, uint32_t capacity, ReadInfo* info) {
  uint8_t none;
  const ReadRequest request{target != nullptr ? target : &none, capacity, false};
  const Lookup lookup = ReadEntry(*state_, key, request, info);
  if (lookup == Lookup::kTooSmall) return ReadStatus::kTooSmall;
  return lookup == Lookup::kHit ? ReadStatus::kHit : ReadStatus::kMiss;
}

ReadStatus Engine::Find(const Key& key, ReadInfo* info) {
  const ReadRequest request{nullptr, 0, false};
  return ReadEntry(*state_, key, request, info) == Lookup::kHit ? ReadStatus::kHit
                                                                : ReadStatus::kMiss;
}

ReadStatus Engine::Lease(Counters* counters, const Key& key, LeaseView* view, ReadInfo* info) {
  return LeaseEntry(*state_, counters, key, view, info);
}

void Engine::Unlease(uint32_t pin) {
  AddRelaxed(&state_->processes[state_->process].leases, ~uint64_t{0});
  UnleaseLeaked(pin);
}

void Engine::LeaseCopy(Counters* counters) {
  AddRelaxed(&state_->processes[state_->process].leases, uint64_t{1});
  Count(counters, Counter::kLeaseCopies);
}

void Engine::LeakLease(Counters* counters) {
  AddRelaxed(&state_->processes[state_->process].leases, ~uint64_t{0});
  Count(counters, Counter::kLeaseLeaks);
}

void Engine::UnleaseLeaked(uint32_t pin) {
  if (pin != kNoPin) Unpin(*state_, pin);
}

WriteStatus Engine::Set(Counters* counters, const Key& key, const uint8_t* value, uint64_t size,
                        const WriteOptions& options) {
  // Final, so it needs no lock, nor room for the value.
  if (!IsUnchanged(*state_, key.hash, options)) {
    return Refuse(*state_, counters, key, WriteStatus::kVersion, options);
  }
  if (size > state_->max_value_bytes) {
    return Refuse(*state_, counters, key, WriteStatus::kTooLarge, options);
  }
  // The epoch before anything else: what is invalidated from here on makes the entry void.
  const uint64_t epoch = options.has_since ? options.since : LoadSeqCst(state_->tag_epoch);
  const Content content{
      value, size, ExpiresAt(*state_, options.ttl), options.tags, options.tag_count, epoch};
  return content.Bytes(key) <= MaxLogItem(*state_)
             ? StoreEntry(*state_, counters, key, content, options)
             : StoreLarge(*state_, counters, key, content, options);
}

uint64_t Engine::Version(const Key& key) const { return VersionOf(*state_, key.hash); }

bool Engine::Delete(Counters* counters, const Key& key) {
  return RemoveKey(*state_, counters, key);
}

bool Engine::Touch(Counters* counters, const Key& key, int64_t ttl) {
  return TouchKey(*state_, counters, key, ExpiresAt(*state_, ttl));
}

void Engine::InvalidateTag(uint64_t tag) { NoteTag(*state_, tag); }

// First void for readers, without a lock; then a shard's guard does the rest (ShardLock).
void Engine::Clear() {
  AddSeqCst(&state_->header->turns, uint64_t{1});
  const uint64_t epoch = AddSeqCst(state_->tag_epoch, uint64_t{1}) + 1;
  RaiseTo(&state_->header->clear_epoch, epoch);
  OrSeqCst(&state_->header->pending_clears, ~uint64_t{0} >> (63 - state_->shard_mask));
  for (uint32_t i = 0; i <= state_->generation_mask; i++) {
    AddAcqRel(&state_->generations[i], 1u);
  }
  for (uint32_t i = 0; i <= state_->shard_mask; i++) ShardLock lock(*state_, state_->shards[i]);
  // Once more: by this what was evicted before its shard was cleared is known to be void.
  AddSeqCst(&state_->header->turns, uint64_t{1});
}

bool Engine::ClaimSweep(int64_t interval_ms) {
  int64_t* const last = &state_->header->last_sweep;
  const int64_t seen = LoadRelaxed(last);
  const int64_t now = Now();
  return now - seen >= interval_ms && CompareExchangeRelaxed(last, seen, now);
}

uint64_t Engine::Sweep(Counters* counters, int64_t budget_us) {
  const int64_t deadline = MonotonicNs() + budget_us * 1000;
  uint64_t removed = 0;
  ReapDead(*state_);
  TryFreeQuarantined(*state_);
  for (uint32_t i = 0; i <= state_->shard_mask; i++) {
    bool more = true;
    while (more) {
      Shard& shard = state_->shards[i];
      ShardLock lock(*state_, shard, Wait::kBriefly);
      if (!lock) break;
      const Swept swept = SweepStep(*state_, shard, counters, kReclaimBatch);
      removed += swept.removed;
      more = swept.more;
      if (MonotonicNs() >= deadline) return removed;
    }
  }
  return removed + PassTags(*state_, counters, deadline);
}

bool Engine::Keys(KeysCursor* cursor, const uint8_t* prefix, uint32_t prefix_size,
                  void (*sink)(void* context, const uint8_t* key, uint32_t size), void* context) {
  const uint32_t entries = uint32_t{1} << state_->directory_bits;
  if (cursor->shard > state_->shard_mask) return false;
  Shard& shard = state_->shards[cursor->shard];
  ShardLock lock(*state_, shard);
  if (!lock) {
    *cursor = KeysCursor{cursor->shard + 1, 0};
    return cursor->shard <= state_->shard_mask;
  }
  // A page's whole hash range is handed out at once, so a later split repeats and skips nothing.
  const uint32_t at = cursor->position < entries ? cursor->position : entries - 1;
  Bucket* const page = PageAt(*state_, state_->DirectoryOf(shard)[at]);
  const uint32_t span = entries >> bucket_meta::DepthOf(LoadRelaxed(&page[0].meta));
  const int64_t now = state_->CoarseNow();
  for (uint32_t b = 0; b < kBucketsPerPage; b++) {
    for (const uint64_t& word : page[b].slots) {
      const uint64_t loaded = LoadRelaxed(&word);
      if (loaded == 0) continue;
      const Item* const item = ItemAt(*state_, slot::OffsetOf(loaded));
      if (item->key_size < prefix_size || !IsLive(*state_, item, now)) continue;
      if (prefix_size != 0 && std::memcmp(item->key(), prefix, prefix_size) != 0) continue;
      sink(context, item->key(), item->key_size);
    }
  }
  cursor->position = (at | (span - 1)) + 1;
  if (cursor->position >= entries) {
    cursor->position = 0;
    cursor->shard++;
  }
  return cursor->shard <= state_->shard_mask;
}

}  // namespace catzilla
