#include "engine.h"

#include <cstdlib>
#include <cstring>

#include "clock.h"
#include "memory.h"
#include "read.h"
#include "reclaim.h"
#include "registry.h"
#include "sweep.h"
#include "write.h"

namespace catzilla {

namespace {

void MapParts(EngineState& state, uint8_t* base, const Geometry& geometry) {
  state.base = base;
  state.header = reinterpret_cast<Header*>(base);
  state.shards = reinterpret_cast<Shard*>(base + geometry.shards_at);
  state.counters = reinterpret_cast<Counters*>(base + geometry.counters_at);
  state.generations = reinterpret_cast<uint32_t*>(base + geometry.generations_at);
  state.visited = base + geometry.visited_at;
  state.directories = reinterpret_cast<uint32_t*>(base + geometry.directories_at);
  state.ghosts = reinterpret_cast<uint16_t*>(base + geometry.ghosts_at);
  state.segments = reinterpret_cast<Segment*>(base + geometry.segments_at);
  state.arena_bytes = geometry.arena_bytes;
  state.meta_bytes = geometry.meta_bytes;
  state.shard_mask = geometry.shards - 1;
  state.generation_mask = geometry.generations - 1;
  state.directory_bits = geometry.directory_bits;
  state.segment_shift = geometry.segment_shift;
  state.ghost_buckets = geometry.ghost_buckets;
}

// A new arena is zeroed memory, so only what is not zero is written.
void InitHeader(EngineState& state, const Options& options, const Geometry& geometry) {
  Header& header = *state.header;
  header.magic = kMagic;
  header.layout_version = kLayoutVersion;
  header.options = options;
  header.geometry = geometry;
  header.hash_seed = RandomSeed();
  header.epoch_ns = MonotonicNs();
  header.test_clock = -1;
  header.max_bytes = options.max_bytes;
  header.mutex.Init();
  header.run_mutex.Init();
  state.hash_seed = header.hash_seed;
  state.policy = options.policy;
  state.max_value_bytes = options.max_value_bytes;
}

bool InitShard(EngineState& state, Shard& shard) CATZ_NO_ANALYSIS {
  shard.mutex.Init();
  for (uint32_t log = 0; log < kLogs; log++) {
    shard.queues[log] = Queue{kNoSegment, kNoSegment, 0};
    shard.open[log] = shard.cleaned[log] = kNoSegment;
  }
  shard.large = Queue{kNoSegment, kNoSegment, 0};
  shard.index_segment = shard.victim = shard.swept = kNoSegment;
  return InitIndex(state, shard);
}

int64_t ExpiresAt(const EngineState& state, int64_t ttl) {
  return ttl >= kNeverExpires ? kNeverExpires : state.Now() + ttl;
}

}  // namespace

EngineState* CreateState(const Options& options, OpenStatus* status) {
  Geometry geometry;
  if (!ComputeGeometry(options, PageBytes(), &geometry)) {
    *status = OpenStatus::kBadOptions;
    return nullptr;
  }
  *status = OpenStatus::kNoMemory;
  EngineState* const state = static_cast<EngineState*>(std::calloc(1, sizeof(EngineState)));
  if (state == nullptr) return nullptr;
  uint8_t* const base = ReserveMemory(geometry.arena_bytes);
  const uint32_t active = SegmentsFor(geometry, options.max_bytes);
  const uint64_t committed = geometry.meta_bytes + (uint64_t{active} << geometry.segment_shift);
  if (base == nullptr || !CommitMemory(base, committed)) {
    if (base != nullptr) ReleaseMemory(base, geometry.arena_bytes);
    std::free(state);
    return nullptr;
  }
  MapParts(*state, base, geometry);
  InitHeader(*state, options, geometry);
  InitSegments(*state, active);
  for (uint32_t i = 0; i < geometry.shards; i++) {
    // Geometry guarantees four segments a shard, so the first index page is always there.
    InitShard(*state, state->shards[i]);
  }
  state->references = 1;
  *status = OpenStatus::kOk;
  return state;
}

void DestroyState(EngineState* state) {
  ReleaseMemory(state->base, state->arena_bytes);
  std::free(state->name);
  std::free(state);
}

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
      RemoveExpired(*state_, counters, key);
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

WriteStatus Engine::Set(Counters* counters, const Key& key, const uint8_t* value, uint64_t size,
                        int64_t ttl) {
  if (size > state_->max_value_bytes) {
    RemoveKey(*state_, nullptr, key);
    Count(counters, Counter::kRefusedTooLarge);
    return WriteStatus::kTooLarge;
  }
  const int64_t expires_at = ExpiresAt(*state_, ttl);
  return ItemBytes(key.size, size) <= MaxLogItem(*state_)
             ? StoreEntry(*state_, counters, key, value, size, expires_at)
             : StoreLarge(*state_, counters, key, value, size, expires_at);
}

bool Engine::Delete(Counters* counters, const Key& key) {
  return RemoveKey(*state_, counters, key);
}

bool Engine::Touch(Counters* counters, const Key& key, int64_t ttl) {
  return TouchKey(*state_, counters, key, ExpiresAt(*state_, ttl));
}

void Engine::Clear(Counters*) {
  for (uint32_t i = 0; i <= state_->shard_mask; i++) ClearShard(*state_, state_->shards[i]);
  for (uint32_t i = 0; i <= state_->generation_mask; i++) {
    AddAcqRel(&state_->generations[i], 1u);
  }
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
  for (uint32_t i = 0; i <= state_->shard_mask; i++) {
    bool more = true;
    while (more) {
      Shard& shard = state_->shards[i];
      MutexLock lock(shard.mutex);
      const Swept swept = SweepStep(*state_, shard, counters, kReclaimBatch);
      removed += swept.removed;
      more = swept.more;
      if (MonotonicNs() >= deadline) return removed;
    }
  }
  return removed;
}

bool Engine::Keys(KeysCursor* cursor, const uint8_t* prefix, uint32_t prefix_size,
                  void (*sink)(void* context, const uint8_t* key, uint32_t size), void* context) {
  const uint32_t entries = uint32_t{1} << state_->directory_bits;
  if (cursor->shard > state_->shard_mask) return false;
  Shard& shard = state_->shards[cursor->shard];
  MutexLock lock(shard.mutex);
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
      if (IsExpired(item->expiry_flags, now) || item->key_size < prefix_size) continue;
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
