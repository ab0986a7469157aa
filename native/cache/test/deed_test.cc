// One deed, killed after each so many of its instructions: what a random moment hits too rarely.
// CATZ_DEATHS says how many deaths of each deed, spread over its length.
#if defined(__linux__)

#include <sys/ptrace.h>

#include <ctime>

#include "../recover.h"
#include "peer.h"

namespace catzilla_test {
namespace {

void DeleteLarge(Cache& cache) { cache.Delete(PeerKey(1)); }
void ReplaceLarge(Cache& cache) { Store(cache, 1, 2, 70000); }
void Rewrite(Cache& cache) { Store(cache, 2, 2, 250); }
// By its version, in place of a value and where there was none.
void FillIn(Cache& cache) {
  for (const uint64_t key : {uint64_t{2}, uint64_t{3}}) {
    const std::string name = PeerKey(key);
    if (key == 3) cache.Delete(name);
    WriteOptions options;
    options.has_version = true;
    options.version = cache->Version(cache.KeyOf(name));
    cache.Set(name, OwnValue(key, key == 2 ? 2 : 1, 250), options);
  }
}
void Sweep(Cache& cache) { cache->Sweep(cache.counters(), 100000); }

// The value is given back while it is leased, the lease after that.
void Unlease(Cache& cache) {
  const std::string name = PeerKey(1);
  LeaseView view;
  ReadInfo info;
  if (cache->Lease(cache.counters(), cache.KeyOf(name), &view, &info) != ReadStatus::kHit) return;
  cache.Delete(name);
  cache->Unlease(view.pin);
}

// The shard of key 2, as the engine has it when it makes room or takes over.
template <class Act>
void WithShard(Cache& cache, Act act) CATZ_NO_ANALYSIS {
  EngineState state = Inside(cache.engine());
  state.process = OwnRow(state, static_cast<uint32_t>(getpid()));
  const std::string name = PeerKey(2);
  const Key key = cache.KeyOf(name);
  Shard& shard = state.ShardOf(key.hash);
  catzilla::ShardLock lock(state, shard);
  if (lock) act(state, shard, FindKey(state, shard, key));
}
void Move(Cache& cache) {
  WithShard(cache, [](EngineState& state, Shard& shard, const catzilla::SlotRef& ref) {
    const uint32_t bytes = uint32_t{ItemOf(state, ref)->capacity} * 8;
    MoveEntry(state, shard, ref, AppendToLog(state, shard, catzilla::kMainLog, bytes, 0), 0);
  });
}
void Evict(Cache& cache) {
  WithShard(cache, [](EngineState& state, Shard& shard, const catzilla::SlotRef& ref) {
    EvictEntry(state, shard, nullptr, ref);
  });
}
void Rebuild(Cache& cache) {
  for (const uint64_t large : {1, 41}) cache.Delete(PeerKey(large));  // checksums take long
  WithShard(cache, [](EngineState& state, Shard& shard, const catzilla::SlotRef&) {
    RebuildShard(state, shard);
  });
}

struct Deed {
  const char* name;
  void (*run)(Cache& cache);
  bool is_of_key_2;
};
constexpr Deed kDeeds[] = {{"delete a large value", DeleteLarge, false},
                           {"replace a large value", ReplaceLarge, false},
                           {"rewrite in place", Rewrite, true},
                           {"fill in by version", FillIn, true},
                           {"lease, delete, release", Unlease, false},
                           {"sweep", Sweep, false},
                           {"move", Move, true},
                           {"evict", Evict, true},
                           {"rebuild", Rebuild, true}};

// PATH DEED
CHILD("deed") {
  Machine cache(arguments[0]);
  if (!cache.IsOpen()) return 1;
  const Deed& deed = kDeeds[std::strtoull(arguments[1].c_str(), nullptr, 10)];
  Store(cache, 1, 1, 60000);
  Store(cache, 2, 1, 250);
  for (uint64_t key = 3; key < 40; key++) Store(cache, key, 1, 700);
  Store(cache, 41, 1, 50000);
  const std::string due = PeerKey(41);
  cache->Touch(cache.counters(), cache.KeyOf(due), 1);
  ReadInfo info;
  while (cache->Find(cache.KeyOf(due), &info) == ReadStatus::kHit) SleepUs(500);
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) return 2;
  raise(SIGSTOP);
  deed.run(cache);
  raise(SIGSTOP);
  return 0;
}

// How many instructions were run, at most `most`; -1: it cannot be traced. `then` is called before
// the child is killed.
template <class Then>
int64_t RunDeed(const std::string& path, size_t deed, int64_t most, Then then) {
  Child child("deed", {path, std::to_string(deed)});
  int status = 0;
  if (waitpid(child.id(), &status, 0) != child.id() || !WIFSTOPPED(status)) return -1;
  int64_t done = 0;
  for (; done < most; done++) {
    if (ptrace(PTRACE_SINGLESTEP, child.id(), nullptr, nullptr) != 0) return -1;
    if (waitpid(child.id(), &status, 0) != child.id() || !WIFSTOPPED(status)) return -1;
    if (WSTOPSIG(status) == SIGSTOP) break;
  }
  then();
  return done;
}

bool IsWell(Cache& cache) {
  cache->Sweep(cache.counters(), 1000000);
  bool good = true;
  for (uint64_t key = 1; key < 40; key++) {
    const std::string seen = Look(cache, key);
    good = good && (seen == "1" || seen == "miss" || (key < 3 && seen == "2"));
  }
  // Every mutex is taken once.
  good = Store(cache, 50, 1, 60000) == "stored" && cache.Delete(PeerKey(50)) && good;
  const Stats stats = cache.GetStats();
  return IsConsistent(cache.engine()) && good && stats.bytes_quarantined == 0 &&
         PinnedSegments(cache.engine()) == 0 && stats.corrupt == 0;
}

// Each deed so many times, ended at instructions spread over its length; `then` as in RunDeed,
// `is_well` asked after each.
template <class Then, class IsWell>
void KillDeeds(bool only_of_key_2, Then then, IsWell is_well) {
  if (kIsTsan) SKIP("most instructions under TSan are its own");
  Random random(EnvironmentOr("CATZ_SEED", static_cast<uint64_t>(std::time(nullptr))));
  const uint64_t deaths = EnvironmentOr("CATZ_DEATHS", 3);
  for (size_t deed = 0; deed < sizeof(kDeeds) / sizeof(kDeeds[0]); deed++) {
    if (only_of_key_2 && !kDeeds[deed].is_of_key_2) continue;
    Folder folder;
    Machine cache(folder.File());
    const int64_t length = RunDeed(folder.File(), deed, 200000, [] {});
    if (length < 0) SKIP("this system lets no process trace its child");
    CHECK(length > 100);
    for (uint64_t i = 0; i < deaths; i++) {
      const uint64_t at = static_cast<uint64_t>(length) * i / deaths;
      const int64_t most =
          static_cast<int64_t>(at + random.Below(static_cast<uint64_t>(length) / deaths + 1));
      RunDeed(folder.File(), deed, most, [&] { then(cache); });
      const bool good = is_well(cache);
      CHECK(good);
      if (good) continue;
      std::printf("  killed after %lld of %lld instructions: %s\n", static_cast<long long>(most),
                  static_cast<long long>(length), kDeeds[deed].name);
      break;
    }
  }
}

TEST("killed after any instruction of a deed, a process leaves every count exact") {
  KillDeeds(
      false, [](Cache&) {}, IsWell);
}

TEST("what is removed beside a deed stays so when its process is killed at any instruction") {
  KillDeeds(
      true, [](Cache& cache) { cache.Delete(PeerKey(2)); },
      [](Cache& cache) {
        const bool gone = Look(cache, 2) == "miss";
        return IsWell(cache) && gone && Look(cache, 2) == "miss";
      });
}

}  // namespace
}  // namespace catzilla_test

#endif  // defined(__linux__)
