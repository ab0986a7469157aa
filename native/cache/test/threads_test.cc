// Several threads on one engine. Values carry their key and version and are checkable byte by byte.
// CATZ_ROUNDS makes each test longer. Run under ThreadSanitizer by `make tsan`.
#include <pthread.h>

#include <cstdlib>
#include <cstring>
#include <vector>

#include "../atomics.h"
#include "fixture.h"

namespace catzilla_test {
namespace {

uint64_t Rounds(uint64_t otherwise) {
  const char* const text = std::getenv("CATZ_ROUNDS");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

struct Worker {
  Engine* engine;
  uint32_t number;
  uint64_t rounds;
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t bad = 0;
  uint64_t* shared = nullptr;
};

void RunThreads(void* (*body)(void*), std::vector<Worker>* workers) {
  std::vector<pthread_t> threads(workers->size());
  for (size_t i = 0; i < threads.size(); i++) {
    pthread_create(&threads[i], nullptr, body, &(*workers)[i]);
  }
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
}

// A value of words: key number, then version repeated, then a checksum over both and the length.
size_t Fill(std::vector<uint64_t>* words, uint64_t key, uint64_t version, size_t length) {
  words->assign(length, version);
  (*words)[0] = key;
  words->back() = key * 31 + version * 17 + length;
  return length * 8;
}

bool IsWhole(const std::vector<uint64_t>& words, uint64_t key, size_t bytes) {
  const size_t length = bytes / 8;
  if (bytes % 8 != 0 || length < 3 || words[0] != key) return false;
  const uint64_t version = words[1];
  for (size_t i = 1; i + 1 < length; i++) {
    if (words[i] != version) return false;
  }
  return words[length - 1] == key * 31 + version * 17 + length;
}

Key NumberKey(const Engine& engine, const uint64_t* number) {
  const uint8_t* const bytes = reinterpret_cast<const uint8_t*>(number);
  return Key{bytes, 8, engine.Hash(bytes, 8)};
}

void* Mix(void* context) {
  Worker& worker = *static_cast<Worker*>(context);
  Engine& engine = *worker.engine;
  Counters* const counters = engine.Attach();
  Random random(worker.number * 7919 + 1);
  std::vector<uint64_t> words(1 << 16);
  for (uint64_t i = 0; i < worker.rounds; i++) {
    const uint64_t number = random.Below(2000);
    const Key key = NumberKey(engine, &number);
    const uint64_t what = random.Below(100);
    if (what < 8) {
      ReadInfo info;
      LeaseView view;
      if (engine.Lease(counters, key, &view, &info) != ReadStatus::kHit) continue;
      // Twice: whoever writes meanwhile must not be seen.
      for (int look = 0; look < 2; look++) {
        words.assign((info.size + 7) / 8, 0);
        std::memcpy(&words[0], view.data, info.size);
        if (!IsWhole(words, number, info.size)) worker.bad++;
        sched_yield();
      }
      engine.Unlease(view.pin);
      worker.hits++;
    } else if (what < 60) {
      ReadInfo info;
      words.resize(1 << 16);
      const ReadStatus status = engine.Get(counters, key, reinterpret_cast<uint8_t*>(&words[0]),
                                           static_cast<uint32_t>(words.size() * 8), &info);
      if (status == ReadStatus::kHit && !IsWhole(words, number, info.size)) worker.bad++;
      (status == ReadStatus::kHit ? worker.hits : worker.misses)++;
    } else if (what < 97) {
      // Now and then a value with segments of its own.
      const size_t length = 3 + random.Below(random.Below(200) == 0 ? 20000 : 60);
      const size_t bytes = Fill(&words, number, i << 8 | worker.number, length);
      engine.Set(counters, key, reinterpret_cast<const uint8_t*>(&words[0]), bytes,
                 WithTtl(what < 80 ? kNeverExpires : 1 + static_cast<int64_t>(random.Below(20))));
    } else if (what < 99) {
      engine.Delete(counters, key);
    } else if (random.Below(50) == 0) {
      engine.Clear();
    } else {
      engine.Sweep(counters, 50);
    }
  }
  engine.Detach(counters);
  return nullptr;
}

TEST("threads that read, write, delete, clear and sweep never see a torn or foreign value") {
  Cache cache(SmallOptions(8u << 20));
  std::vector<Worker> workers;
  for (uint32_t i = 0; i < 4; i++) workers.push_back(Worker{&cache.engine(), i, Rounds(30000)});
  RunThreads(Mix, &workers);
  uint64_t hits = 0, misses = 0;
  for (const Worker& worker : workers) {
    CHECK_EQ(worker.bad, 0u);
    hits += worker.hits;
    misses += worker.misses;
  }
  CHECK(hits > 0);
  const Stats stats = cache.GetStats();
  CHECK_EQ(stats.counters[Counter::kHits], hits);
  CHECK(stats.counters[Counter::kMisses] >= misses);  // a lease that found nothing is not told here
  CHECK_EQ(stats.leases, 0u);
  CHECK(stats.bytes_used <= stats.bytes_max);
  cache->Clear();
  CHECK_EQ(cache.GetStats().entries, 0u);
  CHECK_EQ(cache.GetStats().bytes_live, 0u);
}

// The writer tells how far it is only after Set returned; a reader must not see less.
void* CountUp(void* context) {
  Worker& worker = *static_cast<Worker*>(context);
  Counters* const counters = worker.engine->Attach();
  const uint64_t number = 1;
  const Key key = NumberKey(*worker.engine, &number);
  std::vector<uint64_t> words;
  for (uint64_t i = 1; i <= worker.rounds; i++) {
    const size_t bytes = Fill(&words, number, i, 3 + i % 50);
    worker.engine->Set(counters, key, reinterpret_cast<const uint8_t*>(&words[0]), bytes,
                       WriteOptions{});
    catzilla::StoreRelease(worker.shared, i);
  }
  worker.engine->Detach(counters);
  return nullptr;
}

void* FollowUp(void* context) {
  Worker& worker = *static_cast<Worker*>(context);
  Counters* const counters = worker.engine->Attach();
  const uint64_t number = 1;
  const Key key = NumberKey(*worker.engine, &number);
  std::vector<uint64_t> words(64);
  uint64_t told = 0;
  while (told < worker.rounds) {
    told = catzilla::LoadAcquire(worker.shared);
    ReadInfo info;
    const ReadStatus status =
        worker.engine->Get(counters, key, reinterpret_cast<uint8_t*>(&words[0]), 512, &info);
    if (told == 0) continue;
    if (status != ReadStatus::kHit || words[1] < told) worker.bad++;
  }
  worker.engine->Detach(counters);
  return nullptr;
}

void* ReadOrWrite(void* context) {
  return static_cast<Worker*>(context)->number == 0 ? CountUp(context) : FollowUp(context);
}

TEST("a read that starts after a set returned sees that set") {
  Cache cache;
  uint64_t told = 0;
  std::vector<Worker> workers;
  for (uint32_t i = 0; i < 3; i++) {
    workers.push_back(Worker{&cache.engine(), i, Rounds(100000)});
    workers.back().shared = &told;
  }
  RunThreads(ReadOrWrite, &workers);
  for (const Worker& worker : workers) CHECK_EQ(worker.bad, 0u);
}

// One thread grows the index with new keys while others look for keys that never change.
void* FindStable(void* context) {
  Worker& worker = *static_cast<Worker*>(context);
  Counters* const counters = worker.engine->Attach();
  Random random(worker.number + 5);
  for (uint64_t i = 0; i < worker.rounds; i++) {
    uint64_t number = random.Below(500);
    if (worker.number == 0) {
      number = 1000 + i;
      const Key key = NumberKey(*worker.engine, &number);
      worker.engine->Set(counters, key, reinterpret_cast<const uint8_t*>(&number), 8,
                         WriteOptions{});
      if (i % 3 == 0) worker.engine->Delete(counters, key);
      continue;
    }
    uint64_t value = 0;
    ReadInfo info;
    const Key key = NumberKey(*worker.engine, &number);
    const ReadStatus status =
        worker.engine->Get(counters, key, reinterpret_cast<uint8_t*>(&value), 8, &info);
    if (status != ReadStatus::kHit || value != number) worker.bad++;
  }
  worker.engine->Detach(counters);
  return nullptr;
}

TEST("no spurious miss while the index grows and segments are cleaned") {
  Cache cache(SmallOptions(64u << 20));
  for (uint64_t number = 0; number < 500; number++) {
    cache->Set(cache.counters(), NumberKey(cache.engine(), &number),
               reinterpret_cast<const uint8_t*>(&number), 8, WriteOptions{});
  }
  std::vector<Worker> workers;
  for (uint32_t i = 0; i < 3; i++) workers.push_back(Worker{&cache.engine(), i, Rounds(200000)});
  RunThreads(FindStable, &workers);
  for (const Worker& worker : workers) CHECK_EQ(worker.bad, 0u);
}

void* CountEvents(void* context) {
  Worker& worker = *static_cast<Worker*>(context);
  Counters* const counters = worker.engine->Attach();
  for (uint64_t i = 0; i < worker.rounds; i++) {
    uint64_t number = i;
    const Key key = NumberKey(*worker.engine, &number);
    ReadInfo info;
    worker.engine->Get(counters, key, nullptr, 0, &info);
  }
  worker.engine->Detach(counters);
  return nullptr;
}

TEST("counts are exact over more threads than there are counter blocks") {
  Cache cache;
  std::vector<Worker> workers;
  for (uint32_t i = 0; i < 160; i++) workers.push_back(Worker{&cache.engine(), i, 500});
  RunThreads(CountEvents, &workers);
  CHECK_EQ(cache.GetStats().counters[Counter::kMisses], 160u * 500u);
  cache->ResetStats();
  CHECK_EQ(cache.GetStats().counters[Counter::kMisses], 0u);
}

}  // namespace
}  // namespace catzilla_test
