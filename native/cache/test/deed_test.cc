// One deed, killed after each so many of its instructions: what a random moment hits too rarely.
// CATZ_DEATHS says how many deaths of each deed, spread over its length.
#if defined(__linux__)

#include <sys/ptrace.h>

#include <ctime>

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

struct Deed {
  const char* name;
  void (*run)(Cache& cache);
};
constexpr Deed kDeeds[] = {
    {"delete a large value", DeleteLarge}, {"replace a large value", ReplaceLarge},
    {"rewrite in place", Rewrite},         {"fill in by version", FillIn},
    {"lease, delete, release", Unlease},   {"sweep", Sweep}};

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

// How many instructions were run, at most `most`; -1: it cannot be traced.
int64_t RunDeed(const std::string& path, size_t deed, int64_t most) {
  Child child("deed", {path, std::to_string(deed)});
  int status = 0;
  if (waitpid(child.id(), &status, 0) != child.id() || !WIFSTOPPED(status)) return -1;
  for (int64_t done = 0; done < most; done++) {
    if (ptrace(PTRACE_SINGLESTEP, child.id(), nullptr, nullptr) != 0) return -1;
    if (waitpid(child.id(), &status, 0) != child.id() || !WIFSTOPPED(status)) return -1;
    if (WSTOPSIG(status) == SIGSTOP) return done;
  }
  return most;
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

TEST("killed after any instruction of a deed, a process leaves every count exact") {
  if (kIsTsan) SKIP("most instructions under TSan are its own");
  Random random(EnvironmentOr("CATZ_SEED", static_cast<uint64_t>(std::time(nullptr))));
  const uint64_t deaths = EnvironmentOr("CATZ_DEATHS", 3);
  for (size_t deed = 0; deed < sizeof(kDeeds) / sizeof(kDeeds[0]); deed++) {
    Folder folder;
    Machine cache(folder.File());
    const int64_t length = RunDeed(folder.File(), deed, 200000);
    if (length < 0 && deed == 0) SKIP("this system lets no process trace its child");
    CHECK(length > 100);
    for (uint64_t i = 0; i < deaths; i++) {
      const uint64_t at = static_cast<uint64_t>(length) * i / deaths;
      const int64_t most =
          static_cast<int64_t>(at + random.Below(static_cast<uint64_t>(length) / deaths + 1));
      RunDeed(folder.File(), deed, most);
      const bool good = IsWell(cache);
      CHECK(good);
      if (good) continue;
      std::printf("  killed after %lld of %lld instructions: %s\n", static_cast<long long>(most),
                  static_cast<long long>(length), kDeeds[deed].name);
      break;
    }
  }
}

}  // namespace
}  // namespace catzilla_test

#endif  // defined(__linux__)
