// The commands of a peer, and their answers:
//   set KEY VERSION SIZE [TAG]   stored, timeout, no room      get KEY      VERSION, miss, bad
//   delete KEY, touch KEY TTL    yes, no                       clear, sweep, invalidate TAG   ok
//   lease KEY                    leased, no                    same, release     yes, no
//   hold shard KEY, hold arena, hold run     held, and held it stays
//   write KEY                    held, the shard's mutex with the intent to write that key
//   rebuild KEY                  held, the shard's mutex with the index emptied as at a rebuild's
//   start claim COUNT                  how many segments were taken from the free list exit closes
//   and ends
#if defined(__linux__)

#include "peer.h"

#include <sstream>

#include "../locks.h"
#include "../recover.h"

namespace catzilla_test {
namespace {

struct Held {
  LeaseView view;
  std::string bytes;
};

std::string Hold(Cache& cache, const std::string& what, const std::string& key) CATZ_NO_ANALYSIS {
  EngineState state = Inside(cache.engine());
  catzilla::ArenaMutex& mutex = what == "arena" ? state.header->mutex
                                : what == "run" ? state.header->run_mutex
                                                : state.ShardOf(cache.KeyOf(key).hash).mutex;
  return mutex.Lock(1000) == catzilla::Locked::kTimedOut ? "timeout" : "held";
}

// As the engine does it between TakeSegment and the use of what it took.
std::string Claim(Cache& cache, uint64_t count) {
  EngineState state = Inside(cache.engine());
  state.process = OwnRow(state, static_cast<uint32_t>(getpid()));
  catzilla::ArenaLock lock(state);
  uint64_t taken = 0;
  for (SegmentId id = 0; id < state.segment_count && taken < count; id++) {
    catzilla::Segment& row = state.segments[id];
    if (catzilla::RoleOf(row) != Role::kFree) continue;
    row.claimer = state.process;
    const bool run = taken >= count / 2;
    catzilla::SetRole(row, run ? Role::kClaimedRun : Role::kClaimed);
    state.header->free--;
    if (run) state.header->large++;
    taken++;
  }
  return std::to_string(taken);
}

std::string Write(Cache& cache, const std::string& key) CATZ_NO_ANALYSIS {
  EngineState state = Inside(cache.engine());
  const uint64_t hash = cache.KeyOf(key).hash;
  Shard& shard = state.ShardOf(hash);
  if (shard.mutex.Lock(1000) == catzilla::Locked::kTimedOut) return "timeout";
  shard.intent = hash;
  shard.has_intent = 1;
  return "held";
}

std::string Rebuild(Cache& cache, const std::string& key) CATZ_NO_ANALYSIS {
  EngineState state = Inside(cache.engine());
  Shard& shard = state.ShardOf(cache.KeyOf(key).hash);
  if (shard.mutex.Lock(1000) == catzilla::Locked::kTimedOut) return "timeout";
  catzilla::AddSeqCst(&shard.rebuilds, 1u);
  catzilla::ResetIndex(state, shard);
  return "held";
}

std::string Lease(Cache& cache, const std::string& key, std::vector<Held>* leases) {
  ReadInfo info;
  Held held;
  if (cache->Lease(cache.counters(), cache.KeyOf(key), &held.view, &info) != ReadStatus::kHit) {
    return "no";
  }
  held.bytes.assign(reinterpret_cast<const char*>(held.view.data), info.size);
  leases->push_back(held);
  return "leased";
}

std::string Obey(Cache& cache, const std::string& line, std::vector<Held>* leases) {
  std::istringstream words(line);
  std::string what, tag;
  uint64_t key = 0, version = 0, size = 0;
  words >> what;
  if (what == "hold") {
    words >> tag >> key;
    return Hold(cache, tag, PeerKey(key));
  }
  if (what == "invalidate") {
    words >> tag;
    cache->InvalidateTag(cache.TagOf(tag));
    return "ok";
  }
  words >> key >> version >> size >> tag;
  if (what == "set") return Store(cache, key, version, size, tag);
  if (what == "get") return Look(cache, key);
  if (what == "delete") return cache.Delete(PeerKey(key)) ? "yes" : "no";
  if (what == "touch") {
    const std::string name = PeerKey(key);
    return cache->Touch(cache.counters(), cache.KeyOf(name), static_cast<int64_t>(version)) ? "yes"
                                                                                            : "no";
  }
  if (what == "clear") cache->Clear();
  if (what == "sweep") cache->Sweep(cache.counters(), 100000);
  if (what == "lease") return Lease(cache, PeerKey(key), leases);
  if (what == "claim") return Claim(cache, key);
  if (what == "write") return Write(cache, PeerKey(key));
  if (what == "rebuild") return Rebuild(cache, PeerKey(key));
  if (what == "same") {
    for (const Held& held : *leases) {
      if (std::memcmp(held.view.data, held.bytes.data(), held.bytes.size()) != 0) return "no";
    }
    return "yes";
  }
  if (what == "release") {
    for (const Held& held : *leases) cache->Unlease(held.view.pin);
    leases->clear();
  }
  return "ok";
}

CHILD("peer") {
  Machine cache(arguments[0], MachineOptions(std::strtoull(arguments[1].c_str(), nullptr, 10)));
  if (!cache.IsOpen()) {
    Say(std::to_string(static_cast<int>(cache.report.status)));
    return 1;
  }
  Say("open");
  std::vector<Held> leases;
  for (;;) {
    const std::string line = Listen();
    if (line.empty() || line == "exit") return 0;
    Say(Obey(cache, line, &leases));
  }
}

}  // namespace
}  // namespace catzilla_test

#endif  // defined(__linux__)
