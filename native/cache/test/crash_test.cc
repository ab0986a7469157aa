// A writer is killed at any moment, and at any instruction, again and again. After each death the
// survivor finds every value whole and current, all of them but the one under way, and exact
// counts. CATZ_DEATHS says how many; CATZ_SEED repeats from one.
#if defined(__linux__)

#include <sys/ptrace.h>

#include <ctime>
#include <memory>

#include "writer.h"

namespace catzilla_test {
namespace {

constexpr uint64_t kRoomy = 8u << 20;  // nothing needs to be evicted
constexpr uint64_t kTight = 1u << 20;

class Survivor {
 public:
  explicit Survivor(uint64_t bytes) : bytes_(bytes), account_(MapAccount(folder_.File("account"))) {
    Open();
  }
  ~Survivor() {
    if (account_ != nullptr) munmap(account_, sizeof(Account));
  }

  void Open() { cache_ = std::make_unique<Machine>(folder_.File(), MachineOptions(bytes_)); }
  void Close() { cache_.reset(); }
  std::unique_ptr<Child> Spawn(uint64_t seed, uint64_t steps) {
    return std::make_unique<Child>(
        "writer", Arguments{folder_.File(), folder_.File("account"), std::to_string(bytes_),
                            std::to_string(seed), std::to_string(steps)});
  }

  // Whether all is as it should be after a death.
  bool Verify() {
    if (account_ == nullptr || !cache_->IsOpen()) return false;
    Cache& cache = *cache_;
    // Whose mutex a dead process held is found out by whoever takes it.
    cache->Sweep(cache.counters(), 1000000);
    const Stats stats = cache.GetStats();
    const bool strict =
        stats.counters[Counter::kEvictions] == 0 && stats.counters[Counter::kRefusedNoRoom] == 0;
    strict_ += strict;
    bool good = Settle(cache, account_, strict);
    good = cache.Set("large", ValueFor(1, bytes_ / 20)) == WriteStatus::kStored && good;
    good = cache.Delete("large") && good;
    good = IsConsistent(cache.engine()) && good;
    const Stats after = cache.GetStats();
    if (after.leases != 0 || after.bytes_quarantined != 0 || PinnedSegments(cache.engine()) != 0 ||
        after.processes != 1 || after.bytes_used > after.bytes_max) {
      std::printf("  leases %llu quarantined %llu pinned %llu processes %u used %llu of %llu\n",
                  static_cast<unsigned long long>(after.leases),
                  static_cast<unsigned long long>(after.bytes_quarantined),
                  static_cast<unsigned long long>(PinnedSegments(cache.engine())), after.processes,
                  static_cast<unsigned long long>(after.bytes_used),
                  static_cast<unsigned long long>(after.bytes_max));
      good = false;
    }
    return good;
  }

  Machine& cache() { return *cache_; }
  const Account& account() const { return *account_; }
  uint64_t strict() const { return strict_; }

 private:
  Folder folder_;
  uint64_t bytes_;
  Account* account_;
  std::unique_ptr<Machine> cache_;
  uint64_t strict_ = 0;
};

// Killed so many microseconds after it began to write, or, now and then, while it was starting.
void KillByTime(Survivor& survivor, uint64_t seed) {
  Random random(seed);
  const std::unique_ptr<Child> child = survivor.Spawn(seed, 0);
  const bool starting = random.Below(8) == 0;
  if (!starting) CHECK(child->Hear() == "open");
  const bool alone = random.Below(8) == 0;
  if (alone && !starting) survivor.Close();
  SleepUs(random.Below(starting ? 5000 : 3000));
  child->Kill();
  if (alone && !starting) survivor.Open();
}

// Killed so many instructions after one of its steps; false: it cannot be traced.
bool KillByStep(Survivor& survivor, uint64_t seed, pid_t* process) {
  Random random(seed);
  const std::unique_ptr<Child> child = survivor.Spawn(seed, 1 + random.Below(200));
  *process = child->id();
  if (child->Hear() != "open") return false;
  int status = 0;
  if (waitpid(child->id(), &status, 0) != child->id() || !WIFSTOPPED(status)) return false;
  for (uint64_t left = random.Below(8000); left != 0; left--) {
    if (ptrace(PTRACE_SINGLESTEP, child->id(), nullptr, nullptr) != 0) return false;
    if (waitpid(child->id(), &status, 0) != child->id() || !WIFSTOPPED(status)) return false;
  }
  child->Kill();
  return true;
}

void RunDeaths(uint64_t bytes, uint64_t deaths, bool by_step) {
  if (by_step && kIsTsan) SKIP("most instructions under TSan are its own");
  const uint64_t first = EnvironmentOr("CATZ_SEED", static_cast<uint64_t>(std::time(nullptr)));
  Survivor survivor(bytes);
  CHECK(survivor.cache().IsOpen());
  for (uint64_t seed = first; seed < first + deaths; seed++) {
    pid_t process = 0;
    if (by_step) {
      if (!KillByStep(survivor, seed, &process)) {
        // With the first one it is the system that does not allow it.
        if (seed == first) SKIP("this system lets no process trace its child");
        CHECK(false);
      }
    } else {
      KillByTime(survivor, seed);
    }
    const bool good = survivor.Verify();
    CHECK(good);
    if (good) continue;
    std::printf("  CATZ_SEED=%llu, after %llu deaths\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(seed - first));
    return;
  }
  CHECK(survivor.account().operations > deaths);
  CHECK(bytes == kTight || survivor.strict() == deaths);
}

uint64_t Deaths(uint64_t usual) { return EnvironmentOr("CATZ_DEATHS", usual); }

TEST("killed at any time, a writer leaves every value whole and current, and loses one at most") {
  RunDeaths(kRoomy, Deaths(100), false);
}

TEST("killed at any time in a full cache, a writer leaves every value whole and current") {
  RunDeaths(kTight, Deaths(100), false);
}

TEST("killed at any instruction, a writer leaves every value whole, and loses one at most") {
  RunDeaths(kRoomy, Deaths(20), true);
}

TEST("killed at any instruction in a full cache, a writer leaves every value whole and current") {
  RunDeaths(kTight, Deaths(20), true);
}

}  // namespace
}  // namespace catzilla_test

#endif  // defined(__linux__)
