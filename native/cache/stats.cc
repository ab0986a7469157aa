// Attach, Detach, GetStats, ResetStats: counting without a shared word on the hot path.
#include "stats.h"

#include "eviction_ring.h"

namespace catzilla {

namespace {

// The last word of a block: nobody's, many isolates' (kSharedOwner), or an isolate's of a process.
constexpr uint64_t kUnowned = 0;
uint64_t OwnedBy(uint32_t process) { return (uint64_t{process} + 1) << 8; }

constexpr uint32_t kSharedBlock = kCounterBlocks - 1;
constexpr uint32_t kNearHits = static_cast<uint32_t>(Counter::kNearHits);
constexpr uint32_t kTotals = static_cast<uint32_t>(Counter::kCount);

uint64_t* OwnerWord(Counters& block) { return &block.words[kCounterWords - 1]; }

// JavaScript counts near hits as a double in the same word.
uint64_t ValueOf(uint32_t counter, uint64_t word) {
  if (counter != kNearHits) return word;
  double count;
  std::memcpy(&count, &word, sizeof(count));
  // JavaScript cannot count further; what is more, or no number, stood in a damaged file.
  constexpr double kMost = 9007199254740992.0;
  return count > 0 && count < kMost ? static_cast<uint64_t>(count) : 0;
}

void AddBlock(const Counters& block, CounterTotals* totals) {
  for (uint32_t i = 0; i < kTotals; i++) {
    totals->values[i] += ValueOf(i, LoadRelaxed(&block.words[i]));
  }
}

void Fold(EngineState& state, Counters& block) CATZ_REQUIRES(state.header->mutex) {
  AddBlock(block, &state.header->departed);
  for (uint64_t& word : block.words) StoreRelaxed(&word, uint64_t{0});
}

CounterTotals Sum(const EngineState& state) CATZ_REQUIRES(state.header->mutex) {
  CounterTotals totals = state.header->departed;
  for (uint32_t i = 0; i < kCounterBlocks; i++) AddBlock(state.counters[i], &totals);
  return totals;
}

}  // namespace

Counters* Engine::Attach() {
  ArenaLock lock(*state_);
  for (uint32_t i = 0; lock && i < kSharedBlock; i++) {
    Counters& block = state_->counters[i];
    if (LoadRelaxed(OwnerWord(block)) != kUnowned) continue;
    StoreRelaxed(OwnerWord(block), OwnedBy(state_->process));
    return &block;
  }
  // Never given back: its owners are not told apart.
  Counters& shared = state_->counters[kSharedBlock];
  StoreRelaxed(OwnerWord(shared), kSharedOwner);
  return &shared;
}

void Engine::Detach(Counters* counters) {
  if (counters == &state_->counters[kSharedBlock]) return;
  ArenaLock lock(*state_);
  if (lock) Fold(*state_, *counters);  // else the reaper does, when this process has ended
}

void FoldCounters(EngineState& state, uint32_t process) {
  for (uint32_t i = 0; i < kSharedBlock; i++) {
    Counters& block = state.counters[i];
    if (LoadRelaxed(OwnerWord(block)) == OwnedBy(process)) Fold(state, block);
  }
}

void Engine::GetStats(Stats* stats) const {
  const Header& header = *state_->header;
  *stats = Stats{};
  {
    ArenaLock lock(*state_);
    // Whoever has stopped in it changes nothing meanwhile: figures are better than none.
    stats->counters = Sum(*state_);
    for (uint32_t i = 0; i < kTotals; i++) {
      stats->counters.values[i] -= state_->header->baseline.values[i];
    }
    stats->segments = state_->header->active;
    stats->segments_free = state_->header->free;
  }
  for (uint32_t i = 0; i <= state_->shard_mask; i++) {
    const Shard& shard = state_->shards[i];
    if (LoadAcquire(&header.pending_clears) & (uint64_t{1} << i)) continue;
    stats->entries += LoadRelaxed(&shard.entries);
    stats->bytes_live += LoadRelaxed(&shard.live_bytes);
    stats->bytes_index += uint64_t{LoadRelaxed(&shard.index_pages)} * kPageBytes;
  }
  for (uint32_t i = 0; i < kCounterBlocks; i++) {
    if (LoadRelaxed(OwnerWord(state_->counters[i])) != kUnowned) stats->attached++;
  }
  for (uint32_t i = 0; i < header.geometry.processes; i++) {
    if (LoadRelaxed(&state_->processes[i].pid) != 0) stats->processes++;
    stats->leases += LoadRelaxed(&state_->processes[i].leases);
  }
  stats->bytes_max = LoadRelaxed(&header.max_bytes);
  stats->bytes_meta = state_->meta_bytes;
  stats->bytes_large = uint64_t{LoadRelaxed(&header.large)} << state_->segment_shift;
  stats->bytes_quarantined = uint64_t{LoadRelaxed(&header.quarantined)} << state_->segment_shift;
  stats->bytes_used =
      state_->meta_bytes + ((stats->segments - stats->segments_free) << state_->segment_shift);
  stats->segment_bytes = state_->segment_bytes();
  stats->shards = state_->shard_mask + 1;
  stats->recoveries = LoadRelaxed(&header.recoveries);
  stats->corrupt = LoadRelaxed(&header.corrupt);
  if (EvictionRing* const ring = LoadAcquire(&state_->evicted)) ring->Describe(&stats->ring);
}

void Engine::ResetStats() {
  ArenaLock lock(*state_);
  if (lock) state_->header->baseline = Sum(*state_);
  if (EvictionRing* const ring = LoadAcquire(&state_->evicted)) ring->ResetCounts();
}

}  // namespace catzilla
