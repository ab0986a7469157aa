#include "arena.h"

#include "clock.h"
#include "index.h"
#include "segments.h"

namespace catzilla {

void MapArena(EngineState& state, uint8_t* base, const Geometry& geometry) {
  state.base = base;
  state.header = reinterpret_cast<Header*>(base);
  state.processes = reinterpret_cast<Process*>(base + geometry.processes_at);
  state.shards = reinterpret_cast<Shard*>(base + geometry.shards_at);
  state.counters = reinterpret_cast<Counters*>(base + geometry.counters_at);
  state.generations = reinterpret_cast<uint32_t*>(base + geometry.generations_at);
  state.tag_epoch = reinterpret_cast<uint64_t*>(state.generations + geometry.generations);
  state.visited = base + geometry.visited_at;
  state.tag_notes = reinterpret_cast<uint64_t*>(base + geometry.tags_at);
  state.directories = reinterpret_cast<uint32_t*>(base + geometry.directories_at);
  state.ghosts = reinterpret_cast<uint16_t*>(base + geometry.ghosts_at);
  state.pins = reinterpret_cast<uint16_t*>(base + geometry.pins_at);
  state.segments = reinterpret_cast<Segment*>(base + geometry.segments_at);
  state.arena_bytes = geometry.arena_bytes;
  state.meta_bytes = geometry.meta_bytes;
  state.shard_mask = geometry.shards - 1;
  state.generation_mask = geometry.generations - 1;
  state.directory_bits = geometry.directory_bits;
  state.segment_shift = geometry.segment_shift;
  state.segment_count = geometry.segment_count;
  state.ghost_buckets = geometry.ghost_buckets;
  state.tag_buckets = geometry.tag_buckets;
}

void ReadHeader(EngineState& state) {
  const Header& header = *state.header;
  state.hash_seed = header.hash_seed;
  state.policy = header.options.policy;
  state.max_value_bytes = header.options.max_value_bytes;
}

void InitMutexes(EngineState& state) {
  state.header->mutex.Init(state.is_shared);
  state.header->run_mutex.Init(state.is_shared);
  state.header->pass_mutex.Init(state.is_shared);
  for (uint32_t i = 0; i <= state.shard_mask; i++) state.shards[i].mutex.Init(state.is_shared);
}

namespace {

void InitShard(EngineState& state, Shard& shard) CATZ_NO_ANALYSIS {
  for (uint32_t log = 0; log < kLogs; log++) {
    shard.queues[log] = Queue{kNoSegment, kNoSegment, 0};
    shard.open[log] = shard.cleaned[log] = kNoSegment;
  }
  shard.large = Queue{kNoSegment, kNoSegment, 0};
  shard.index_segment = shard.victim = shard.swept = kNoSegment;
  // Geometry guarantees four segments a shard, so the first index page is always there.
  InitIndex(state, shard);
}

}  // namespace

void InitArena(EngineState& state, const Options& options, const Geometry& geometry) {
  Header& header = *state.header;
  header.magic = kMagic;
  header.layout_version = kLayoutVersion;
  header.layout_check = LayoutCheck();
  header.options = options;
  header.geometry = geometry;
  header.hash_seed = RandomSeed();
  header.epoch_ns = MonotonicNs();
  header.wall_epoch_ms = WallMs();
  header.test_clock = -1;
  header.max_bytes = options.max_bytes;
  *state.tag_epoch = 1;  // 0 is a time before every epoch, and marks an empty note
  ReadHeader(state);
  InitMutexes(state);
  InitSegments(state, SegmentsFor(geometry, options.max_bytes));
  for (uint32_t i = 0; i < geometry.shards; i++) InitShard(state, state.shards[i]);
}

}  // namespace catzilla
