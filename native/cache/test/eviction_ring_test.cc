// What is evicted for want of room and can still be had: which entries, in which order, how many at
// most, and what is held back since it is no longer right.
#include "../eviction_ring.h"

#include <pthread.h>

#include <map>
#include <set>
#include <vector>

#include "../atomics.h"
#include "../locks.h"
#include "inside.h"
#include "values.h"

#if defined(__linux__)
#include "files.h"
#endif

namespace catzilla_test {
namespace {

using catzilla::EvictedView;
using catzilla::RingOptions;

struct Evicted {
  std::string key;
  std::string value;
  int64_t expires_at;
  uint64_t version;
};

void Collect(void* context, const EvictedView& view) {
  static_cast<std::vector<Evicted>*>(context)->push_back(
      Evicted{std::string(reinterpret_cast<const char*>(view.key), view.key_size),
              std::string(reinterpret_cast<const char*>(view.value), view.value_size),
              view.expires_at, view.version});
}

std::vector<Evicted> Drain(const Cache& cache, uint64_t room = UINT64_MAX) {
  std::vector<Evicted> all;
  const uint32_t count = cache->DrainEvicted(room, Collect, &all);
  CHECK_EQ(count, all.size());
  return all;
}

bool Keep(const Cache& cache, uint64_t max_bytes, uint32_t min_reads) {
  RingOptions actual;
  return cache->KeepEvicted(RingOptions{max_bytes, min_reads}, &actual) &&
         actual.max_bytes == max_bytes && actual.min_reads == min_reads;
}

std::string Numbered(int i) { return "key" + std::to_string(i); }

TEST("without a ring nothing is kept") {
  Cache cache;
  for (int i = 0; i < 20000; i++) cache.Set(Numbered(i), ValueFor(i, 100));
  CHECK(cache.GetStats().counters[Counter::kEvictions] > 0);
  CHECK_EQ(cache->EvictedRoom(1000), 0u);
  CHECK(Drain(cache).empty());
  CHECK_EQ(cache.GetStats().ring.max_bytes, 0u);
}

TEST("every evicted entry comes out once, with its value and expiry, in either policy") {
  for (const Policy policy : {Policy::kS3Fifo, Policy::kLru}) {
    Options options = SmallOptions(8u << 20);
    options.policy = policy;
    Cache cache(options);
    cache->SetTestClock(1000);
    CHECK(Keep(cache, 64u << 20, 0));
    constexpr int kCount = 60000;
    for (int i = 0; i < kCount; i++) {
      cache.Set(Numbered(i), ValueFor(i, i % 500), i % 2 == 0 ? kNeverExpires : 100000 + i);
      if (i % 1000 == 0) cache.Set("large" + std::to_string(i), ValueFor(i, 200000));
      if (i % 3 == 0) cache.Get(Numbered(i));
    }
    const Stats stats = cache.GetStats();
    CHECK_EQ(stats.ring.waiting, stats.counters[Counter::kEvictions]);
    CHECK_EQ(stats.ring.kept, stats.ring.waiting);
    CHECK_EQ(stats.ring.dropped + stats.ring.too_large + stats.ring.outdated, 0u);
    std::set<std::string> seen;
    for (const Evicted& evicted : Drain(cache)) {
      CHECK(seen.insert(evicted.key).second);
      CHECK(!cache.Get(evicted.key));
      const int i = std::atoi(evicted.key.c_str() + 3);
      if (evicted.key[0] == 'l') continue;
      CHECK(evicted.value == ValueFor(i, i % 500));
      CHECK_EQ(evicted.expires_at, i % 2 == 0 ? kNeverExpires : 101000 + i);
    }
    CHECK_EQ(seen.size(), stats.counters[Counter::kEvictions]);
    CHECK_EQ(cache.GetStats().ring.waiting + cache.GetStats().ring.bytes, 0u);
    CHECK(Drain(cache).empty());
    cache->IgnoreEvicted();
  }
}

void Scan(Cache& cache, const std::string& prefix, int count, bool read) {
  for (int i = 0; i < count; i++) {
    cache.Set(prefix + std::to_string(i), ValueFor(i, 100));
    if (read) cache.Get(prefix + std::to_string(i));
  }
}

// Through all that happens to an entry: gaps beside it are cleaned away, it moves to the main log,
// its value is replaced in place and elsewhere, and what is read comes after it.
TEST("an entry is kept when it was read often enough since it came in") {
  for (const Policy policy : {Policy::kS3Fifo, Policy::kLru}) {
    for (uint32_t min_reads = 0; min_reads <= 3; min_reads++) {
      Options options = SmallOptions(4u << 20);
      options.policy = policy;
      Cache cache(options);
      CHECK(Keep(cache, 64u << 20, min_reads));
      constexpr int kCount = 9000;
      const auto reads = [](int i) { return static_cast<uint32_t>(i / 3 % 5); };
      for (int i = 0; i < kCount; i++) {
        cache.Set(Numbered(i), ValueFor(i, 100));
        for (uint32_t read = 0; read < reads(i); read++) cache.Get(Numbered(i));
      }
      for (int i = 0; i < kCount; i++) {
        if (i % 3 != 0) cache.Delete(Numbered(i));
      }
      Scan(cache, "unread", 30000, false);
      CHECK(cache.GetStats().counters[Counter::kCleanedSegments] > 0);
      std::set<std::string> seen;
      int left = 0;
      for (int i = 0; i < kCount; i += 3) {
        ReadInfo info;
        const std::string name = Numbered(i);
        if (cache->Find(cache.KeyOf(name), &info) != ReadStatus::kHit) continue;
        left++;
        if (i % 2 == 0) cache.Set(name, ValueFor(i, i % 4 == 0 ? 99 : 300));
      }
      CHECK(left > 500);
      Scan(cache, "read", 100000, true);
      for (const Evicted& evicted : Drain(cache)) {
        const uint32_t least = evicted.key[0] == 'u'   ? 0
                               : evicted.key[0] == 'r' ? 1
                                                       : reads(std::atoi(evicted.key.c_str() + 3));
        CHECK(least >= min_reads);
        seen.insert(evicted.key);
      }
      int missing = 0, found = 0;
      for (int i = 0; i < kCount; i += 3) {
        if (reads(i) < min_reads || cache.Get(Numbered(i))) continue;
        (seen.count(Numbered(i)) != 0 ? found : missing)++;
      }
      CHECK_EQ(missing, 0);
      CHECK(found > 500);
      cache->IgnoreEvicted();
    }
  }
}

TEST("a run keeps its reads when it is passed over") {
  Cache cache(SmallOptions(4u << 20));
  CHECK(Keep(cache, 16u << 20, 2));
  for (int i = 0; i < 6; i++) {
    cache.Set(Numbered(i), ValueFor(i, 400000));
    cache.Get(Numbered(i));
    if (i % 2 == 0) cache.Get(Numbered(i));
  }
  for (int i = 6; i < 40; i++) cache.Set(Numbered(i), ValueFor(i, 400000));
  std::set<std::string> seen;
  for (const Evicted& evicted : Drain(cache)) seen.insert(evicted.key);
  CHECK(seen == (std::set<std::string>{"key0", "key2", "key4"}));
  CHECK_EQ(cache.GetStats().counters[Counter::kEvictions] -
               cache.GetStats().counters[Counter::kEvictedUnread],
           6u);
  cache->IgnoreEvicted();
}

TEST("what leaves for another reason than room is not kept") {
  Cache cache;
  CHECK(Keep(cache, 1u << 20, 0));
  cache->SetTestClock(1000);
  const uint64_t tag = cache.TagOf("t");
  WriteOptions tagged;
  tagged.tags = &tag;
  tagged.tag_count = 1;
  cache.Set("deleted", "1");
  cache.Delete("deleted");
  cache.Set("replaced", "1");
  cache.Set("replaced", std::string(1000, '2'));
  cache.Set("expired", "1", 10);
  cache.Set("tagged", "1", tagged);
  cache->InvalidateTag(tag);
  cache->SetTestClock(2000);
  CHECK(!cache.Get("expired") && !cache.Get("tagged"));
  // Expired or void when their segment is emptied.
  for (int i = 0; i < 300; i++) cache.Set("due" + std::to_string(i), ValueFor(i, 100), 10);
  for (int i = 0; i < 300; i++) cache.Set("void" + std::to_string(i), ValueFor(i, 100), tagged);
  cache->InvalidateTag(tag);
  cache->SetTestClock(3000);
  cache->Clear();
  CHECK_EQ(cache.GetStats().ring.kept, 0u);
  for (int i = 0; i < 300; i++) cache.Set("due" + std::to_string(i), ValueFor(i, 100), 10);
  for (int i = 0; i < 300; i++) cache.Set("void" + std::to_string(i), ValueFor(i, 100), tagged);
  cache->InvalidateTag(tag);
  cache->SetTestClock(4000);
  for (int i = 0; i < 20000; i++) cache.Set(Numbered(i), ValueFor(i, 100));
  for (int i = 0; i < 6; i++) cache.Set("large" + std::to_string(i), ValueFor(i, 100000));
  for (const Evicted& evicted : Drain(cache)) CHECK(evicted.key[0] == 'k' || evicted.key[0] == 'l');
  CHECK(cache.GetStats().ring.kept > 0);
  cache->IgnoreEvicted();
}

// A ring of entries of which some are tagged, some short-lived.
void FillRing(Cache& cache) {
  cache->SetTestClock(1000);
  CHECK(Keep(cache, 8u << 20, 0));
  const uint64_t tag = cache.TagOf("t");
  for (int i = 0; i < 12000; i++) {
    WriteOptions options = WithTtl(i % 3 == 1 ? 1000 : kNeverExpires);
    options.tags = &tag;
    options.tag_count = i % 3 == 2;
    cache.Set(Numbered(i), ValueFor(i, 100), options);
  }
}

TEST("what became void or expired while it waited is held back and counted") {
  Cache cache;
  FillRing(cache);
  const uint64_t waiting = cache.GetStats().ring.waiting;
  CHECK(waiting > 3000);
  cache->InvalidateTag(cache.TagOf("another"));
  cache->InvalidateTag(cache.TagOf("t"));
  cache->SetTestClock(2000);
  const std::vector<Evicted> rest = Drain(cache);
  for (const Evicted& evicted : rest) CHECK_EQ(std::atoi(evicted.key.c_str() + 3) % 3, 0);
  CHECK(rest.size() > waiting / 4 && rest.size() < waiting / 2);
  CHECK_EQ(cache.GetStats().ring.outdated, waiting - rest.size());
  cache->IgnoreEvicted();
}

TEST("nothing from before a clear comes out after it") {
  Cache cache;
  FillRing(cache);
  cache->Clear();
  CHECK_EQ(cache->EvictedRoom(1000), 0u);
  CHECK(Drain(cache).empty());
  CHECK_EQ(cache.GetStats().ring.outdated, cache.GetStats().ring.kept);
  for (int i = 0; i < 12000; i++) cache.Set("after" + std::to_string(i), ValueFor(i, 100));
  const std::vector<Evicted> later = Drain(cache);
  CHECK(later.size() > 1000);
  for (const Evicted& evicted : later) CHECK(evicted.key[0] == 'a');
  cache->IgnoreEvicted();
}

TEST("an evicted entry's version tells whether its key was written since") {
  Cache cache(SmallOptions(8u << 20));
  CHECK(Keep(cache, 8u << 20, 0));
  for (int i = 0; i < 30000; i++) cache.Set(Numbered(i), ValueFor(i, 100));
  Drain(cache);
  // Without a write beside it.
  CHECK(cache->Resize(cache.counters(), 4u << 20) == ResizeStatus::kOk);
  const std::vector<Evicted> evicted = Drain(cache);
  CHECK(evicted.size() > 1000);
  if (evicted.empty()) return;
  for (const Evicted& one : evicted) CHECK_EQ(one.version, cache->Version(cache.KeyOf(one.key)));
  cache.Delete(evicted[0].key);
  CHECK(evicted[0].version != cache->Version(cache.KeyOf(evicted[0].key)));
  cache->IgnoreEvicted();
}

TEST("a full ring forgets the oldest, whatever their sizes, and counts them") {
  Cache cache;
  constexpr uint64_t kRing = 32768;
  CHECK(Keep(cache, kRing, 0));
  Random random(5);
  std::map<std::string, int> order;
  for (int i = 0; i < 30000; i++) {
    const size_t size = random.Below(20) == 0 ? 3000 + random.Below(3000) : random.Below(300);
    cache.Set(Numbered(i), ValueFor(i, size));
    const catzilla::RingStats ring = cache.GetStats().ring;
    CHECK(ring.bytes <= kRing);
    CHECK(ring.kept - ring.dropped == ring.waiting);
    if (i % 7000 != 6999) continue;
    CHECK(ring.dropped > 0 && ring.too_large > 0);
    CHECK(ring.bytes > kRing / 2);
    const std::vector<Evicted> all = Drain(cache);
    CHECK_EQ(all.size(), ring.waiting);
    for (const Evicted& evicted : all) {
      CHECK(evicted.value.size() <= kRing / 8);
      CHECK(evicted.value == ValueFor(static_cast<uint64_t>(std::atoi(evicted.key.c_str() + 3)),
                                      evicted.value.size()));
    }
    cache->ResetStats();
    CHECK_EQ(cache.GetStats().ring.dropped, 0u);
  }
  cache->IgnoreEvicted();
}

TEST("a batch has as many as fit, and one that alone is larger") {
  Cache cache;
  CHECK(Keep(cache, 1u << 20, 0));
  for (int i = 0; i < 10000; i++) cache.Set(Numbered(i), ValueFor(i, 1000));
  const uint64_t waiting = cache.GetStats().ring.waiting;
  const uint64_t one = cache->EvictedRoom(0);
  CHECK(one > 1000 && one < 1100);
  CHECK_EQ(Drain(cache, one - 8).size(), 0u);
  CHECK_EQ(Drain(cache, one).size(), 1u);
  CHECK_EQ(cache->EvictedRoom(5000), 5000u);
  CHECK_EQ(Drain(cache, 5000).size(), 4u);
  CHECK_EQ(cache.GetStats().ring.waiting, waiting - 5);
  CHECK_EQ(cache->EvictedRoom(UINT64_MAX), cache.GetStats().ring.bytes);
  cache->IgnoreEvicted();
}

TEST("the first who wants a ring decides on it, and it ends with the last") {
  Cache cache;
  RingOptions actual;
  CHECK(Keep(cache, 1u << 20, 2));
  CHECK(cache->KeepEvicted(RingOptions{4096, 0}, &actual));
  CHECK_EQ(actual.max_bytes, 1u << 20);
  CHECK_EQ(actual.min_reads, 2u);
  cache->IgnoreEvicted();
  CHECK_EQ(cache.GetStats().ring.max_bytes, 1u << 20);
  cache->IgnoreEvicted();
  CHECK_EQ(cache.GetStats().ring.max_bytes, 0u);
  CHECK(Keep(cache, 8192, 0));
  cache->IgnoreEvicted();
}

#if defined(__linux__)
void* ClearAll(void* context) {
  (*static_cast<Cache*>(context))->Clear();
  return nullptr;
}

TEST("what a clear has voided but could not remove is not kept") {
  Folder folder;
  Machine cache(folder.File());
  EngineState state = Inside(cache.engine());
  const std::string name = "k";
  const Key key = cache.KeyOf(name);
  Shard& shard = state.ShardOf(key.hash);
  cache.Set("k", "v");
  catzilla::EvictionRing ring;
  ring.Init();
  RingOptions actual;
  CHECK(ring.Open(RingOptions{4096, 0}, &actual));
  state.evicted = &ring;
  catzilla::RingStats stats;
  {
    catzilla::ShardLock lock(state, shard);
    const catzilla::Item* const item = catzilla::ItemOf(state, FindKey(state, shard, key));
    KeepEvicted(state, shard, item, 0);
    ring.Describe(&stats);
    CHECK_EQ(stats.kept, 1u);
    const uint64_t turns = state.header->turns;
    pthread_t thread;
    pthread_create(&thread, nullptr, ClearAll, static_cast<Cache*>(&cache));
    pthread_join(thread, nullptr);
    KeepEvicted(state, shard, item, 0);
    ring.Describe(&stats);
    CHECK_EQ(stats.kept, 1u);
    // Before it marks the shards, and when it is done.
    CHECK_EQ(state.header->turns, turns + 2);
    CHECK_EQ(ring.Room(state, 1000), 0u);
  }
  CHECK(!cache.Get("k"));
  ring.Close();
}
#endif

// Two threads that store, evict each other's entries and clear now and then, and one that drains.
// What a thread had stored before its own clear returned must not come out any more.
struct Scene {
  Engine* engine;
  uint64_t rounds;
  uint64_t cleared[2] = {};  // numbers below it are gone
  uint32_t running = 2;
  uint64_t drained = 0, stale = 0, torn = 0;
};

void StoreAndClear(Scene& scene, uint64_t self) {
  Counters* const counters = scene.engine->Attach();
  std::vector<uint64_t> value;
  for (uint64_t i = 0; i < scene.rounds; i++) {
    const uint64_t number = i * 2 + self;
    value.assign(2 + number % 60, number);
    const uint8_t* const bytes = reinterpret_cast<const uint8_t*>(&number);
    const Key key{bytes, 8, scene.engine->Hash(bytes, 8)};
    scene.engine->Set(counters, key, reinterpret_cast<const uint8_t*>(&value[0]), value.size() * 8,
                      WriteOptions{});
    if (i % 20000 != 19999) continue;
    scene.engine->Clear();
    catzilla::StoreRelease(&scene.cleared[self], number);
  }
  scene.engine->Detach(counters);
  catzilla::AddSeqCst(&scene.running, ~0u);
}

void* StoreEven(void* context) {
  StoreAndClear(*static_cast<Scene*>(context), 0);
  return nullptr;
}
void* StoreOdd(void* context) {
  StoreAndClear(*static_cast<Scene*>(context), 1);
  return nullptr;
}

struct Look {
  Scene* scene;
  uint64_t cleared[2];
};

void Judge(void* context, const EvictedView& view) {
  const Look& look = *static_cast<Look*>(context);
  uint64_t number = 0;
  std::memcpy(&number, view.key, 8);
  look.scene->drained++;
  bool whole = view.key_size == 8 && view.value_size == (2 + number % 60) * 8;
  for (uint32_t at = 0; whole && at < view.value_size; at += 8) {
    whole = std::memcmp(view.value + at, &number, 8) == 0;
  }
  if (!whole) look.scene->torn++;
  if (number < look.cleared[number % 2]) look.scene->stale++;
}

void* DrainAll(void* context) {
  Scene& scene = *static_cast<Scene*>(context);
  bool running = true;
  while (running) {
    running = catzilla::LoadAcquire(&scene.running) != 0;
    const uint64_t room = scene.engine->EvictedRoom(10000);
    Look look{&scene,
              {catzilla::LoadAcquire(&scene.cleared[0]), catzilla::LoadAcquire(&scene.cleared[1])}};
    if (room != 0) scene.engine->DrainEvicted(room, Judge, &look);
    sched_yield();
  }
  return nullptr;
}

TEST("threads that evict, clear and drain hand out each entry whole and once") {
  Cache cache(SmallOptions(8u << 20));
  CHECK(Keep(cache, 1u << 20, 0));
  Scene scene{&cache.engine(), EnvironmentOr("CATZ_ROUNDS", 200000)};
  void* (*const bodies[])(void*) = {StoreEven, StoreOdd, DrainAll};
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], nullptr, bodies[i], &scene);
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
  const catzilla::RingStats ring = cache.GetStats().ring;
  CHECK_EQ(scene.torn, 0u);
  CHECK_EQ(scene.stale, 0u);
  CHECK_EQ(ring.kept, scene.drained + ring.dropped + ring.outdated + ring.waiting);
  CHECK(IsConsistent(cache.engine()));
  cache->IgnoreEvicted();
}

}  // namespace
}  // namespace catzilla_test
