// Churn: what the memory of a bounded cache costs while its contents change for long, and what the
// changes cost. The store is the engine (segments), or a table of blocks (table.h) from the
// allocator this was linked with. One JSON line on standard output; exit code 1 on a wrong byte.
//
//   churn segments|table THREADS KEYS BOUND OPERATIONS SEED
//
// BOUND: bytes; of everything for segments, of live keys and values for the table. The caller gives
// the table the live bytes that the segments came to hold, so that both hold the same.
//
// Of 8 operations on random ones of KEYS keys 6 store, 1 deletes, 1 reads and compares. Sizes are
// log-uniform from 64 B to 16 KiB, bent towards the small and towards the large end in turns
// (kCycles): what fitted into the holes of one phase does not fit in the next. Resident bytes
// (smaps_rollup, less what the process had before the store) over live bytes are taken between the
// steps of the last half; CPU time is that of the threads while they work, in the same half.
#include <pthread.h>
#include <time.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "../engine.h"
#include "table.h"

namespace catzilla_bench {
namespace {

using namespace catzilla;

constexpr uint32_t kSmallest = 64;
constexpr uint32_t kLargest = 16384;
constexpr uint32_t kSizes = 1024;  // quantiles of a step's sizes
constexpr uint32_t kSteps = 32;
constexpr uint32_t kCycles = 4;
constexpr uint32_t kMostThreads = 64;
constexpr uint64_t kBytesPerChain = 1024;  // about half an entry a chain: the table's best case

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "churn: %s\n", what);
  std::exit(1);
}

// xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016).
struct Random {
  uint64_t state;
  uint64_t Next() {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545F4914F6CDD1Du;
  }
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>((Next() >> 32) * bound >> 32); }
};

struct KeyText {
  char text[24];
  uint32_t size;
  explicit KeyText(uint32_t id) {
    size = static_cast<uint32_t>(std::snprintf(text, sizeof(text), "item:%010u", id));
  }
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(text); }
};

// Either store behind the same four verbs.
class Store {
 public:
  Store(bool is_table, uint32_t keys, uint64_t bound) : keys_(keys) {
    if (is_table) {
      static Table table;
      table_ = &table;
      if (!table_->Open(bound, static_cast<uint32_t>(bound / kBytesPerChain)))
        Fail("no memory for the table");
      return;
    }
    Options options;
    options.max_bytes = options.reserve_bytes = bound;
    OpenStatus status;
    engine_ = Engine::Create(options, &status);
    if (engine_ == nullptr) Fail("the engine refuses the bound");
  }
  Counters* Attach() { return engine_ == nullptr ? nullptr : engine_->Attach(); }

  void Set(Counters* counters, const KeyText& key, const uint8_t* value, uint32_t size) {
    const bool stored = table_ != nullptr
                            ? table_->Set(key.data(), key.size, value, size)
                            : engine_->Set(counters, Hashed(key), value, size, WriteOptions{}) <=
                                  WriteStatus::kStoredInPlace;
    if (!stored) Fail("a value was refused");
  }
  void Delete(Counters* counters, const KeyText& key) {
    if (table_ != nullptr) {
      table_->Delete(key.data(), key.size);
    } else {
      engine_->Delete(counters, Hashed(key));
    }
  }
  int64_t Get(Counters* counters, const KeyText& key, uint8_t* target) {
    if (table_ != nullptr) return table_->Get(key.data(), key.size, target);
    ReadInfo info;
    const ReadStatus status = engine_->Get(counters, Hashed(key), target, kLargest, &info);
    return status == ReadStatus::kHit ? int64_t{info.size} : -1;
  }
  uint64_t LiveBytes() {
    if (table_ != nullptr) return table_->LiveBytes();
    uint64_t live = 0;
    for (uint32_t id = 0; id < keys_; id++) {
      const KeyText key(id);
      ReadInfo info;
      if (engine_->Find(Hashed(key), &info) == ReadStatus::kHit) live += key.size + info.size;
    }
    return live;
  }

 private:
  Key Hashed(const KeyText& key) const {
    return Key{key.data(), key.size, engine_->Hash(key.data(), key.size)};
  }
  const uint32_t keys_;
  Table* table_ = nullptr;
  Engine* engine_ = nullptr;
};

struct Run {
  Store* store = nullptr;
  pthread_barrier_t barrier;
  uint32_t keys = 0;
  uint64_t operations_per_step = 0;  // of one thread
};

struct Worker {
  Run* run;
  uint64_t seed;
  int64_t cpu_ns[kSteps];
  uint64_t hits;
  pthread_t thread;
};

int64_t ReadClock(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<int64_t>(time.tv_sec) * 1000000000 + time.tv_nsec;
}

uint64_t ResidentBytes() {
  std::FILE* const file = std::fopen("/proc/self/smaps_rollup", "r");
  if (file == nullptr) Fail("/proc/self/smaps_rollup cannot be read");
  char line[256];
  unsigned long long kilobytes = 0;
  while (std::fgets(line, sizeof(line), file) != nullptr) {
    if (std::sscanf(line, "Rss: %llu kB", &kilobytes) == 1) break;
  }
  std::fclose(file);
  return kilobytes * 1024;
}

void DrawSizes(uint32_t step, uint32_t* sizes) {
  const double turn = 2 * M_PI * kCycles * step / kSteps;
  const double bend = std::exp2(1.5 * std::sin(turn));
  const double octaves = std::log2(static_cast<double>(kLargest) / kSmallest);
  for (uint32_t i = 0; i < kSizes; i++) {
    const double at = std::pow((i + 0.5) / kSizes, bend);
    sizes[i] = static_cast<uint32_t>(kSmallest * std::exp2(octaves * at));
  }
}

void RunStep(Worker* worker, Counters* counters, Random* random, const uint32_t* sizes,
             uint8_t* value, uint8_t* target) {
  Store& store = *worker->run->store;
  for (uint64_t i = 0; i < worker->run->operations_per_step; i++) {
    const uint64_t id = random->Below(worker->run->keys);
    const KeyText key(static_cast<uint32_t>(id));
    const uint32_t verb = random->Below(8);
    if (verb == 0) {
      store.Delete(counters, key);
    } else if (verb == 1) {
      const int64_t size = store.Get(counters, key, target);
      if (size < 0) continue;
      uint64_t first, last;
      std::memcpy(&first, target, sizeof(first));
      std::memcpy(&last, target + size - sizeof(last), sizeof(last));
      if (first != (id << 32 | static_cast<uint64_t>(size)) || last != ~id) Fail("a wrong byte");
      worker->hits++;
    } else {
      const uint32_t size = sizes[random->Below(kSizes)];
      const uint64_t first = id << 32 | size, last = ~id;
      std::memcpy(value, &first, sizeof(first));
      std::memcpy(value + size - sizeof(last), &last, sizeof(last));
      store.Set(counters, key, value, size);
    }
  }
}

void* Work(void* argument) {
  Worker* const worker = static_cast<Worker*>(argument);
  uint8_t value[kLargest], target[kLargest];
  uint32_t sizes[kSizes];
  std::memset(value, 0x5A, sizeof(value));
  std::memset(target, 0, sizeof(target));
  Random random{worker->seed};
  pthread_barrier_wait(&worker->run->barrier);  // the stack is touched
  pthread_barrier_wait(&worker->run->barrier);  // the store is there
  Counters* const counters = worker->run->store->Attach();
  for (uint32_t step = 0; step < kSteps; step++) {
    DrawSizes(step, sizes);
    const int64_t begin = ReadClock(CLOCK_THREAD_CPUTIME_ID);
    RunStep(worker, counters, &random, sizes, value, target);
    worker->cpu_ns[step] = ReadClock(CLOCK_THREAD_CPUTIME_ID) - begin;
    pthread_barrier_wait(&worker->run->barrier);
    pthread_barrier_wait(&worker->run->barrier);  // the step is measured
  }
  return nullptr;
}

int Main(bool is_table, uint32_t threads, uint32_t keys, uint64_t bound, uint64_t operations,
         uint64_t seed) {
  static Worker workers[kMostThreads];
  static Run run;
  run.keys = keys;
  run.operations_per_step = operations / threads / kSteps;
  pthread_barrier_init(&run.barrier, nullptr, threads + 1);
  for (uint32_t i = 0; i < threads; i++) {
    workers[i].run = &run;
    workers[i].seed = (seed * kMostThreads + i + 1) * 0x9e3779b97f4a7c15u;
    if (pthread_create(&workers[i].thread, nullptr, Work, &workers[i]) != 0) Fail("no thread");
  }
  pthread_barrier_wait(&run.barrier);
  const uint64_t baseline = ResidentBytes();
  Store store(is_table, keys, bound);
  run.store = &store;
  pthread_barrier_wait(&run.barrier);
  double resident = 0, live = 0, worst = 0, wall_ns = 0;
  for (uint32_t step = 0; step < kSteps; step++) {
    const int64_t begin = ReadClock(CLOCK_MONOTONIC);
    pthread_barrier_wait(&run.barrier);
    if (step >= kSteps / 2) {
      wall_ns += static_cast<double>(ReadClock(CLOCK_MONOTONIC) - begin);
      const double rss = static_cast<double>(ResidentBytes() - baseline);
      const double held = static_cast<double>(store.LiveBytes());
      resident += rss;
      live += held;
      if (rss / held > worst) worst = rss / held;
    }
    pthread_barrier_wait(&run.barrier);
  }
  double cpu_ns = 0, hits = 0;
  for (uint32_t i = 0; i < threads; i++) {
    pthread_join(workers[i].thread, nullptr);
    for (uint32_t step = kSteps / 2; step < kSteps; step++) {
      cpu_ns += static_cast<double>(workers[i].cpu_ns[step]);
    }
    hits += static_cast<double>(workers[i].hits);
  }
  if (hits == 0) Fail("nothing was ever read");
  constexpr double kSamples = kSteps - kSteps / 2;
  const double measured = static_cast<double>(run.operations_per_step * threads) * kSamples;
  std::printf(
      "{\"allocator\":\"%s\",\"liveBytes\":%.0f,\"residentBytes\":%.0f,\"overLive\":%.4f,"
      "\"worstOverLive\":%.4f,\"cpuNs\":%.1f,\"wallNs\":%.1f,\"operations\":%.0f}\n",
      AllocatorName(), live / kSamples, resident / kSamples, resident / live, worst,
      cpu_ns / measured, wall_ns / measured, measured);
  return 0;
}

}  // namespace
}  // namespace catzilla_bench

int main(int argc, char** argv) {
  const bool is_table = argc == 7 && std::strcmp(argv[1], "table") == 0;
  const bool is_engine = argc == 7 && std::strcmp(argv[1], "segments") == 0;
  uint64_t numbers[5] = {0};
  for (int i = 2; i < argc && i < 7; i++) numbers[i - 2] = std::strtoull(argv[i], nullptr, 10);
  const auto [threads, keys, bound, operations, seed] = numbers;
  if ((!is_table && !is_engine) || threads < 1 || threads > catzilla_bench::kMostThreads ||
      keys < 1 || keys > UINT32_MAX) {
    std::fprintf(stderr, "usage: churn segments|table THREADS KEYS BOUND OPERATIONS SEED\n");
    return 2;
  }
  return catzilla_bench::Main(is_table, static_cast<uint32_t>(threads), static_cast<uint32_t>(keys),
                              bound, operations, seed);
}
