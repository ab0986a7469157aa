// Leases: bytes that stay as they are whatever happens to their entry, and the bounds on them.
#include <pthread.h>

#include <vector>

#include "../atomics.h"
#include "fixture.h"
#include "inside.h"

namespace catzilla_test {
namespace {

// A lease with a copy of what it showed at first.
struct Held {
  Cache* cache;
  LeaseView view;
  ReadInfo info;
  ReadStatus status;
  std::string first;

  Held(Cache& from, const std::string& key) : cache(&from) {
    status = from->Lease(from.counters(), from.KeyOf(key), &view, &info);
    if (status == ReadStatus::kHit) first = Bytes();
  }
  std::string Bytes() const {
    return std::string(reinterpret_cast<const char*>(view.data), info.size);
  }
  bool IsSame() const { return status == ReadStatus::kHit && Bytes() == first; }
  void Release() { (*cache)->Unlease(view.pin); }
};

void CheckNothingKept(Cache& cache) {
  const Stats stats = cache.GetStats();
  CHECK_EQ(stats.leases, 0u);
  CHECK_EQ(stats.bytes_quarantined, 0u);
  CHECK_EQ(PinnedSegments(cache.engine()), 0u);
  CHECK(IsConsistent(cache.engine()));
}

TEST("a lease shows the value where it lies, and counts as a read") {
  Cache cache;
  cache.Set("k", "value");
  Held lease(cache, "k");
  CHECK(lease.status == ReadStatus::kHit);
  CHECK(lease.first == "value");
  CHECK(Held(cache, "absent").status == ReadStatus::kMiss);
  const Stats stats = cache.GetStats();
  CHECK_EQ(stats.leases, 1u);
  CHECK_EQ(stats.counters[Counter::kHits], 1u);
  CHECK_EQ(stats.counters[Counter::kMisses], 1u);
  cache->Find(cache.KeyOf("k"), &lease.info);
  CHECK_EQ(lease.info.frequency, 1u);
  lease.Release();
  CheckNothingKept(cache);
}

TEST("leased bytes stay through an overwrite, in place or not, and the new value is read") {
  Cache cache;
  const std::string old = ValueFor(1, 100);
  cache.Set("k", old);
  Held lease(cache, "k");
  // Would fit in place, but the place is leased.
  CHECK(cache.Set("k", ValueFor(2, 100)) == WriteStatus::kStored);
  CHECK(lease.IsSame());
  CHECK(cache.Set("k", ValueFor(3, 5000)) == WriteStatus::kStored);
  CHECK(lease.IsSame());
  std::string value;
  CHECK(cache.Get("k", &value) && value == ValueFor(3, 5000));
  lease.Release();
  CheckNothingKept(cache);
}

TEST("leased bytes stay through delete, clear and an invalidated tag") {
  Cache cache;
  for (int how = 0; how < 3; how++) {
    const uint64_t tag = cache.TagOf("t");
    WriteOptions options;
    options.tags = &tag;
    options.tag_count = 1;
    cache.Set("k", ValueFor(7, 3000), options);
    Held lease(cache, "k");
    if (how == 0) CHECK(cache.Delete("k"));
    if (how == 1) cache->Clear();
    if (how == 2) cache->InvalidateTag(tag);
    CHECK(!cache.Get("k"));
    for (int i = 0; i < 3000; i++) cache.Set("f" + std::to_string(i), ValueFor(i, 1000));
    CHECK(lease.IsSame());
    lease.Release();
    cache->Clear();
    CheckNothingKept(cache);
  }
}

TEST("leased bytes stay while the cache is filled many times over, and are reused after") {
  for (const Policy policy : {Policy::kS3Fifo, Policy::kLru}) {
    Options options = SmallOptions(2u << 20);
    options.policy = policy;
    Cache cache(options);
    std::vector<Held> leases;
    for (int i = 0; i < 20; i++) {
      const std::string key = "leased" + std::to_string(i);
      cache.Set(key, ValueFor(i, i % 4 == 0 ? 20000 : 500));
      if (i % 2 == 0) leases.emplace_back(cache, key);
    }
    uint64_t quarantined = 0;
    for (int i = 0; i < 60000; i++) {
      const size_t size = i % 300 == 0 ? 30000 : 400;
      CHECK(cache.Set("f" + std::to_string(i), ValueFor(i, size)) == WriteStatus::kStored);
      if (i % 2000 != 0) continue;
      for (const Held& lease : leases) CHECK(lease.IsSame());
      const Stats stats = cache.GetStats();
      CHECK(stats.bytes_used <= stats.bytes_max);
      if (stats.bytes_quarantined > quarantined) quarantined = stats.bytes_quarantined;
    }
    CHECK(quarantined > 0);
    for (Held& lease : leases) {
      CHECK(lease.IsSame());
      lease.Release();
    }
    CheckNothingKept(cache);
  }
}

TEST("leased bytes stay when the cache shrinks") {
  Options options = SmallOptions(8u << 20);
  Cache cache(options);
  std::vector<Held> leases;
  for (int i = 0; i < 6000; i++) {
    const std::string key = "k" + std::to_string(i);
    cache.Set(key, ValueFor(i, 900));
    if (i % 600 == 0) leases.emplace_back(cache, key);
  }
  CHECK(cache->Resize(cache.counters(), 4u << 20) == ResizeStatus::kOk);
  for (const Held& lease : leases) CHECK(lease.IsSame());
  CHECK(cache.GetStats().bytes_used <= 4u << 20);
  for (Held& lease : leases) lease.Release();
  CheckNothingKept(cache);
}

TEST("a lease on a large run keeps all of it") {
  Options options = SmallOptions(4u << 20);
  Cache cache(options);
  const std::string large = ValueFor(9, 300000);
  cache.Set("large", large);
  Held lease(cache, "large");
  CHECK(lease.status == ReadStatus::kHit && lease.first == large);
  cache.Set("large", ValueFor(10, 310000));
  CHECK(cache.GetStats().bytes_quarantined >= large.size());
  for (int i = 0; i < 40; i++) cache.Set("other" + std::to_string(i), ValueFor(i, 250000));
  for (int i = 0; i < 8000; i++) cache.Set("f" + std::to_string(i), ValueFor(i, 500));
  CHECK(lease.IsSame());
  lease.Release();
  CheckNothingKept(cache);
}

TEST("leases may keep their share of the bound and no more") {
  Options options = SmallOptions(4u << 20);
  options.lease_share = 0.25;
  Cache cache(options);
  std::vector<Held> leases;
  uint64_t kept = 0;
  for (int i = 0; i < 100; i++) {
    const std::string key = "k" + std::to_string(i);
    CHECK(cache.Set(key, ValueFor(i, 60000)) == WriteStatus::kStored);
    const Stats before = cache.GetStats();
    Held lease(cache, key);
    if (lease.status == ReadStatus::kHit) {
      leases.push_back(lease);
      continue;
    }
    CHECK(lease.status == ReadStatus::kOverLimit);
    CHECK_EQ(cache.GetStats().counters[Counter::kHits], before.counters[Counter::kHits]);
    CHECK_EQ(cache.GetStats().leases, leases.size());
    std::string value;
    CHECK(cache.Get(key, &value) && value == ValueFor(i, 60000));
  }
  kept = PinnedSegments(cache.engine()) * cache.GetStats().segment_bytes;
  CHECK(kept <= options.max_bytes / 4);
  CHECK(kept > options.max_bytes / 5);
  // What is pinned already costs nothing more.
  Held again(cache, "k0");
  CHECK(again.status == ReadStatus::kHit || again.status == ReadStatus::kMiss);
  if (again.status == ReadStatus::kHit) again.Release();
  for (Held& lease : leases) {
    CHECK(lease.IsSame());
    lease.Release();
  }
  CheckNothingKept(cache);
  options.lease_share = 0;
  Cache none(options);
  none.Set("k", "v");
  CHECK(Held(none, "k").status == ReadStatus::kOverLimit);
}

TEST("a segment has 65535 leases, then none until one is released") {
  Cache cache;
  cache.Set("k", "v");
  std::vector<uint32_t> pins;
  LeaseView view;
  ReadInfo info;
  for (int i = 0; i < 65535; i++) {
    CHECK(cache->Lease(cache.counters(), cache.KeyOf("k"), &view, &info) == ReadStatus::kHit);
    pins.push_back(view.pin);
  }
  CHECK_EQ(cache.GetStats().leases, 65535u);
  CHECK(cache->Lease(cache.counters(), cache.KeyOf("k"), &view, &info) == ReadStatus::kOverLimit);
  cache->Unlease(pins.back());
  pins.pop_back();
  CHECK(cache->Lease(cache.counters(), cache.KeyOf("k"), &view, &info) == ReadStatus::kHit);
  cache->Unlease(view.pin);
  for (const uint32_t pin : pins) cache->Unlease(pin);
  CheckNothingKept(cache);
}

struct Racer {
  Cache* cache;
  uint32_t number;
};

// Large runs come and go under threads that lease them: who pins one that is just being given back
// must not leave it counted.
void* LeaseAndReplace(void* context) {
  Racer& racer = *static_cast<Racer*>(context);
  Cache& cache = *racer.cache;
  Counters* const counters = cache->Attach();
  Random random(racer.number + 1);
  const std::string value = ValueFor(racer.number, 40000);
  for (int i = 0; i < 20000; i++) {
    const std::string key = std::to_string(random.Below(4));
    if (racer.number % 2 == 0) {
      LeaseView view;
      ReadInfo info;
      if (cache->Lease(counters, cache.KeyOf(key), &view, &info) == ReadStatus::kHit) {
        cache->Unlease(view.pin);
      }
    } else if (i % 2 == 0) {
      cache->Set(counters, cache.KeyOf(key), reinterpret_cast<const uint8_t*>(value.data()),
                 value.size(), WriteOptions{});
    } else {
      cache->Delete(counters, cache.KeyOf(key));
    }
  }
  cache->Detach(counters);
  return nullptr;
}

TEST("threads that lease what others replace leave nothing counted as leased") {
  Options options = SmallOptions(4u << 20);
  options.lease_share = 0.5;
  Cache cache(options);
  Racer racers[4];
  pthread_t threads[4];
  for (uint32_t i = 0; i < 4; i++) {
    racers[i] = Racer{&cache, i};
    pthread_create(&threads[i], nullptr, LeaseAndReplace, &racers[i]);
  }
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
  cache->Sweep(cache.counters(), 1000);
  CheckNothingKept(cache);
}

}  // namespace
}  // namespace catzilla_test
