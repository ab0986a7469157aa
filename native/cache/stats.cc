// Attach, Detach, GetStats, ResetStats: counting without a shared word on the hot path.
#include "state.h"

namespace catzilla {

namespace {

enum Owner : uint64_t { kUnowned = 0, kOwned = 1, kShared = 2 };  // the last word of a block

constexpr uint32_t kSharedBlock = kCounterBlocks - 1;
constexpr uint32_t kNearHits = static_cast<uint32_t>(Counter::kNearHits);
constexpr uint32_t kTotals = static_cast<uint32_t>(Counter::kCount);

uint64_t* OwnerWord(Counters& block) { return &block.words[kCounterWords - 1]; }

// JavaScript counts near hits as a double in the same word.
uint64_t ValueOf(uint32_t counter, uint64_t word) {
  if (counter != kNearHits) return word;
  double count;
  std::memcpy(&count, &word, sizeof(count));
  return count > 0 ? static_cast<uint64_t>(count) : 0;
}

void AddBlock(const Counters& block, CounterTotals* totals) {
  for (uint32_t i = 0; i < kTotals; i++) {
    totals->values[i] += ValueOf(i, LoadRelaxed(&block.words[i]));
  }
}

CounterTotals Sum(const EngineState& state, const Header& header) CATZ_REQUIRES(header.mutex) {
  CounterTotals totals = header.departed;
  for (uint32_t i = 0; i < kCounterBlocks; i++) AddBlock(state.counters[i], &totals);
  return totals;
}

}  // namespace

Counters* Engine::Attach() {
  MutexLock lock(state_->header->mutex);
  for (uint32_t i = 0; i < kSharedBlock; i++) {
    Counters& block = state_->counters[i];
    if (LoadRelaxed(OwnerWord(block)) != kUnowned) continue;
    StoreRelaxed(OwnerWord(block), uint64_t{kOwned});
    return &block;
  }
  // Never given back: its owners are not told apart.
  Counters& shared = state_->counters[kSharedBlock];
  StoreRelaxed(OwnerWord(shared), uint64_t{kShared});
  return &shared;
}

void Engine::Detach(Counters* counters) {
  if (counters == &state_->counters[kSharedBlock]) return;
  MutexLock lock(state_->header->mutex);
  AddBlock(*counters, &state_->header->departed);
  for (uint64_t& word : counters->words) StoreRelaxed(&word, uint64_t{0});
}

void Engine::GetStats(Stats* stats) const {
  Header& header = *state_->header;
  *stats = Stats{};
  {
    MutexLock lock(header.mutex);
    stats->counters = Sum(*state_, header);
    for (uint32_t i = 0; i < kTotals; i++) {
      stats->counters.values[i] -= header.baseline.values[i];
    }
    stats->segments = header.active;
    stats->segments_free = header.free;
    stats->bytes_large = uint64_t{header.large} << state_->segment_shift;
  }
  for (uint32_t i = 0; i <= state_->shard_mask; i++) {
    const Shard& shard = state_->shards[i];
    stats->entries += LoadRelaxed(&shard.entries);
    stats->bytes_live += LoadRelaxed(&shard.live_bytes);
    stats->bytes_index += uint64_t{LoadRelaxed(&shard.index_pages)} * kPageBytes;
  }
  for (uint32_t i = 0; i < kCounterBlocks; i++) {
    if (LoadRelaxed(OwnerWord(state_->counters[i])) != kUnowned) stats->attached++;
  }
  stats->bytes_max = LoadRelaxed(&header.max_bytes);
  stats->bytes_meta = state_->meta_bytes;
  stats->bytes_used =
      state_->meta_bytes + ((stats->segments - stats->segments_free) << state_->segment_shift);
  stats->segment_bytes = state_->segment_bytes();
  stats->shards = state_->shard_mask + 1;
}

void Engine::ResetStats() {
  Header& header = *state_->header;
  MutexLock lock(header.mutex);
  header.baseline = Sum(*state_, header);
}

}  // namespace catzilla
