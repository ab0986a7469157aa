// What a test may know of an engine's inside: its arena, found from the outside, and a walk over it
// that counts what the engine only remembers.
//
// Not for single-threaded convenience: the walk takes no lock, so nobody may write beside it.
#ifndef CATZILLA_CACHE_TEST_INSIDE_H_
#define CATZILLA_CACHE_TEST_INSIDE_H_

#include <memory>

#include "../arena.h"
#include "../entries.h"
#include "../memory.h"
#include "../segments.h"
#include "fixture.h"

namespace catzilla_test {

using catzilla::EngineState;
using catzilla::Role;
using catzilla::SegmentId;
using catzilla::Shard;

// The same arena as the engine's; without its name, file and row.
inline EngineState Inside(const Engine& engine) {
  catzilla::Geometry geometry;
  catzilla::ComputeGeometry(engine.options(), catzilla::PageBytes(), &geometry);
  EngineState state{};
  state.is_shared = engine.options().scope == catzilla::Scope::kMachine;
  catzilla::MapArena(
      state, reinterpret_cast<uint8_t*>(engine.generation_words()) - geometry.generations_at,
      geometry);
  catzilla::ReadHeader(state);
  state.lock_timeout_ms = 50;
  return state;
}

// The row of this process, which takes some finding: the first that has its id.
inline uint32_t OwnRow(const EngineState& state, uint32_t pid) {
  uint32_t row = 0;
  while (row + 1 < catzilla::kMaxProcesses && state.processes[row].pid != pid) row++;
  return row;
}

// Segments that leases and lease attempts of anybody still claim to keep.
inline uint64_t PinnedSegments(const Engine& engine) {
  const EngineState state = Inside(engine);
  uint64_t pinned = 0;
  for (uint32_t row = 0; row < state.header->geometry.processes; row++) {
    pinned += catzilla::LoadRelaxed(&state.processes[row].pinned);
  }
  return pinned;
}

// Whether every count the engine keeps is what a walk over its segments and index finds. Prints
// what is not.
inline bool IsConsistent(const Engine& engine) {
  const EngineState state = Inside(engine);
  const catzilla::Header& header = *state.header;
  bool good = true;
  const auto expect = [&good](const char* what, uint64_t kept, uint64_t found) {
    if (kept == found) return;
    std::printf("  %s: kept %llu, found %llu\n", what, static_cast<unsigned long long>(kept),
                static_cast<unsigned long long>(found));
    good = false;
  };
  uint64_t free = 0, active = 0, large = 0, quarantined = 0, claimed = 0;
  std::unique_ptr<uint64_t[]> owned(new uint64_t[state.shard_mask + 1]());
  std::unique_ptr<uint64_t[]> live(new uint64_t[state.shard_mask + 1]());
  for (SegmentId id = 0; id < state.segment_count; id++) {
    const catzilla::Segment& row = state.segments[id];
    const Role role = catzilla::RoleOf(row);
    free += role == Role::kFree;
    active += role != Role::kRetired;
    large += role == Role::kLarge || role == Role::kLargeTail || role == Role::kClaimedRun;
    quarantined += role == Role::kQuarantined || role == Role::kQuarantinedTail;
    claimed += role == Role::kClaimed || role == Role::kClaimedRun;
    if (role < Role::kSmall || role > Role::kLargeTail) continue;
    owned[row.shard]++;
    if (role != Role::kIndex) live[row.shard] += row.live_bytes;
  }
  expect("free segments", header.free, free);
  expect("active segments", header.active, active);
  expect("segments the bound pays for",
         catzilla::SegmentsFor(header.geometry, header.max_bytes) < active, 0);
  expect("segments in large runs", header.large, large);
  expect("quarantined segments", header.quarantined, quarantined);
  expect("claimed segments", 0, claimed);
  for (uint32_t i = 0; i <= state.shard_mask; i++) {
    const Shard& shard = state.shards[i];
    if (header.pending_clears & (uint64_t{1} << i)) continue;
    expect("segments of a shard", shard.segments, owned[i]);
    uint64_t entries = 0, bytes = 0;
    const uint32_t pages = uint32_t{1} << state.directory_bits;
    for (uint32_t at = 0; at < pages;) {
      catzilla::Bucket* const page = catzilla::PageAt(state, state.DirectoryOf(shard)[at]);
      for (uint32_t b = 0; b < catzilla::kBucketsPerPage; b++) {
        for (const uint64_t word : page[b].slots) {
          if (word == 0) continue;
          const catzilla::Offset offset = catzilla::slot::OffsetOf(word);
          catzilla::Item* const item = catzilla::ItemAt(state, offset);
          entries++;
          bytes += item->capacity != 0 ? uint64_t{item->capacity} * 8
                                       : state.segments[state.SegmentAt(offset)].live_bytes;
          expect("dead items with a slot", 0, item->expiry_flags & catzilla::kDead);
          expect("damaged items with a slot", 0, !catzilla::IsWhole(state, item, offset));
        }
      }
      at += pages >> catzilla::bucket_meta::DepthOf(page[0].meta);
    }
    expect("entries of a shard", shard.entries, entries);
    expect("live bytes of a shard", shard.live_bytes, bytes);
    expect("live bytes of a shard's segments", live[i], bytes);
  }
  return good;
}

}  // namespace catzilla_test

#endif  // CATZILLA_CACHE_TEST_INSIDE_H_
