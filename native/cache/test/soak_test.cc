// Soaks: four threads, and four processes of which one is killed again and again, with values up to
// megabytes. No torn read, no stale read, no standstill, and in the end every count exact.
// CATZ_SECONDS says how long each (2), CATZ_KILL_MS how often a process dies (200), CATZ_SEED
// repeats the choices; `make soak SECONDS=600` runs these alone.
#include <pthread.h>

#include <ctime>
#include <memory>

#include "../clock.h"
#include "inside.h"
#include "soaker.h"

#if defined(__linux__)
#include <sys/mman.h>

#include "child.h"
#include "files.h"
#endif

namespace catzilla_test {
namespace {

int64_t SoakNs() { return static_cast<int64_t>(EnvironmentOr("CATZ_SECONDS", 2)) * 1000000000; }
uint64_t SoakSeed() {
  return EnvironmentOr("CATZ_SEED", static_cast<uint64_t>(std::time(nullptr)));
}

Options SoakOptions() {
  Options options = SmallOptions(32u << 20);
  options.max_value_bytes = 2u << 20;
  return options;
}

void CheckFloor(const SoakFloor& floor) {
  CHECK_EQ(floor.torn, 0u);
  CHECK_EQ(floor.stale, 0u);
  CHECK_EQ(floor.moved, 0u);
  CHECK_EQ(floor.over, 0u);
  CHECK(floor.reads > 0);
}

// `unfinished`: values that may have been half written by those that died.
void CheckAfter(Cache& cache, uint64_t unfinished) {
  cache->Sweep(cache.counters(), 1000000);
  const Stats stats = cache.GetStats();
  CHECK(stats.bytes_used <= stats.bytes_max);
  CHECK_EQ(stats.bytes_quarantined, 0u);
  CHECK_EQ(stats.leases, 0u);
  CHECK(stats.corrupt <= unfinished);
  CHECK_EQ(PinnedSegments(cache.engine()), 0u);
  CHECK(IsConsistent(cache.engine()));
  cache->Clear();
  CHECK_EQ(cache.GetStats().entries, 0u);
  CHECK_EQ(cache.GetStats().bytes_live, 0u);
  CHECK_EQ(cache.GetStats().bytes_large, 0u);
}

struct SoakThread {
  Engine* engine;
  SoakFloor* floor;
  uint64_t number;
};

void* Soak(void* context) {
  const SoakThread& thread = *static_cast<SoakThread*>(context);
  Soaker soaker(*thread.engine, thread.floor, thread.number, SoakSeed());
  const int64_t until = catzilla::MonotonicNs() + SoakNs();
  while (catzilla::MonotonicNs() < until) soaker.Step();
  return nullptr;
}

TEST("a soak of threads ends without a torn or stale read and with every count exact") {
  Cache cache(SoakOptions());
  const std::unique_ptr<SoakFloor> floor(new SoakFloor());
  SoakThread threads[kSoakWorkers];
  pthread_t ids[kSoakWorkers];
  for (uint64_t i = 0; i < kSoakWorkers; i++) {
    threads[i] = SoakThread{&cache.engine(), floor.get(), i};
    pthread_create(&ids[i], nullptr, Soak, &threads[i]);
  }
  for (const pthread_t id : ids) pthread_join(id, nullptr);
  CheckFloor(*floor);
  CheckAfter(cache, 0);
}

#if defined(__linux__)

SoakFloor* MapFloor(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, sizeof(SoakFloor)) != 0) return nullptr;
  void* const bytes = mmap(nullptr, sizeof(SoakFloor), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return bytes == MAP_FAILED ? nullptr : static_cast<SoakFloor*>(bytes);
}

Options MachineSoakOptions() {
  Options options = SoakOptions();
  options.scope = Scope::kMachine;
  return options;
}

// PATH FLOOR NUMBER SEED
CHILD("soaker") {
  SoakFloor* const floor = MapFloor(arguments[1]);
  Machine cache(arguments[0], MachineSoakOptions());
  if (floor == nullptr || !cache.IsOpen()) return 1;
  Soaker soaker(cache.engine(), floor, std::strtoull(arguments[2].c_str(), nullptr, 10),
                std::strtoull(arguments[3].c_str(), nullptr, 10));
  Say("open");
  while (catzilla::LoadRelaxed(&floor->stop) == 0) soaker.Step();
  return 0;
}

// The workers, and who looks whether each of them moves.
class Herd {
 public:
  Herd(const Folder& folder, SoakFloor* floor) : folder_(folder), floor_(*floor) {
    for (uint64_t i = 0; i < kSoakWorkers; i++) Start(i);
  }
  void Restart(uint64_t number) {
    workers_[number]->Kill();
    Start(number);
    deaths++;
  }
  // Kills all before any is started again: the file is then opened with nobody in it.
  void RestartAll() {
    for (const auto& worker : workers_) worker->Kill();
    for (uint64_t i = 0; i < kSoakWorkers; i++) Start(i);
    deaths += kSoakWorkers;
  }
  // False: one has ended by itself, or has not moved for 20 s.
  bool AllMove() {
    const int64_t now = catzilla::MonotonicNs();
    for (uint64_t i = 0; i < kSoakWorkers; i++) {
      if (workers_[i]->HasEnded()) {
        std::printf("  worker %llu ended with %d\n", static_cast<unsigned long long>(i),
                    workers_[i]->Wait());
        return false;
      }
      const uint64_t operations = catzilla::LoadRelaxed(&floor_.operations[i]);
      if (operations != seen_[i]) {
        seen_[i] = operations;
        moved_[i] = now;
      } else if (now - moved_[i] > int64_t{20000000000}) {
        std::printf("  worker %llu stands still\n", static_cast<unsigned long long>(i));
        return false;
      }
    }
    return true;
  }
  bool Finish() {
    catzilla::StoreRelease(&floor_.stop, uint64_t{1});
    bool good = true;
    for (const auto& worker : workers_) good = worker->Wait() == 0 && good;
    return good;
  }
  uint64_t deaths = 0;

 private:
  void Start(uint64_t number) {
    moved_[number] = catzilla::MonotonicNs();
    workers_[number] = std::make_unique<Child>(
        "soaker", Arguments{folder_.File(), folder_.File("floor"), std::to_string(number),
                            std::to_string(SoakSeed() + deaths)});
  }

  const Folder& folder_;
  SoakFloor& floor_;
  std::unique_ptr<Child> workers_[kSoakWorkers];
  uint64_t seen_[kSoakWorkers] = {};
  int64_t moved_[kSoakWorkers] = {};
};

TEST("a soak of processes that are killed ends without a torn or stale read or a standstill") {
  Folder folder;
  SoakFloor* const floor = MapFloor(folder.File("floor"));
  CHECK(floor != nullptr);
  Random random(SoakSeed());
  uint64_t deaths = 0;
  {
    Herd herd(folder, floor);
    const int64_t until = catzilla::MonotonicNs() + SoakNs();
    const uint64_t every_ms = EnvironmentOr("CATZ_KILL_MS", 200);
    bool all_move = true;
    while (all_move && catzilla::MonotonicNs() < until) {
      const int64_t next =
          catzilla::MonotonicNs() + static_cast<int64_t>(random.Below(every_ms * 2000000));
      while (catzilla::MonotonicNs() < next) SleepUs(2000);
      all_move = herd.AllMove();
      if (random.Below(10) == 0) {
        herd.RestartAll();
      } else {
        herd.Restart(random.Below(kSoakWorkers));
      }
    }
    CHECK(all_move);
    CHECK(herd.Finish());
    deaths = herd.deaths;
    CHECK(deaths > 0);
  }
  CheckFloor(*floor);
  munmap(floor, sizeof(SoakFloor));
  Machine cache(folder.File(), MachineSoakOptions());
  CHECK(cache.IsOpen());
  CheckAfter(cache, deaths);
}

#endif  // defined(__linux__)

}  // namespace
}  // namespace catzilla_test
