// The byte bound, eviction, cleaning, large values and resizing.
#include <vector>

#include "../memory.h"
#include "fixture.h"

namespace catzilla_test {
namespace {

void CheckBound(const Cache& cache) {
  const Stats stats = cache.GetStats();
  CHECK(stats.bytes_used <= stats.bytes_max);
  CHECK(stats.bytes_live <= stats.bytes_used);
}

TEST("a full cache evicts and stays within its bound") {
  for (const Policy policy : {Policy::kS3Fifo, Policy::kLru}) {
    Options options = SmallOptions(4u << 20);
    options.policy = policy;
    Cache cache(options);
    for (int i = 0; i < 100000; i++) {
      CHECK(cache.Set("key" + std::to_string(i), ValueFor(i, 100)) == WriteStatus::kStored);
      if (i % 1000 == 0) CheckBound(cache);
    }
    const Stats stats = cache.GetStats();
    CHECK(stats.counters[Counter::kEvictions] > 0);
    CHECK_EQ(stats.entries + stats.counters[Counter::kEvictions], 100000u);
    CHECK(stats.bytes_live > stats.bytes_max * 3 / 5);
    std::string value;
    CHECK(cache.Get("key99999", &value) && value == ValueFor(99999, 100));
  }
}

TEST("what is read survives a scan of what is not") {
  for (const Policy policy : {Policy::kS3Fifo, Policy::kLru}) {
    Options options = SmallOptions(4u << 20);
    options.policy = policy;
    Cache cache(options);
    for (int i = 0; i < 1000; i++) cache.Set("hot" + std::to_string(i), ValueFor(i, 100));
    int found = 0;
    for (int i = 0; i < 100000; i++) {
      cache.Set("scan" + std::to_string(i), ValueFor(i, 100));
      cache.Get("hot" + std::to_string(i % 1000));
    }
    for (int i = 0; i < 1000; i++) found += cache.Get("hot" + std::to_string(i));
    CHECK(found > 990);
  }
}

// Sets and reads `reads` times a hundred keys, then marks them visited all through a long scan.
int FoundAfterVisits(int reads) {
  Cache cache(SmallOptions(4u << 20));
  for (int i = 0; i < 100; i++) {
    const std::string name = "hot" + std::to_string(i);
    cache.Set(name, ValueFor(i, 100));
    for (int read = 0; read < reads; read++) cache.Get(name);
  }
  for (int i = 0; i < 50000; i++) {
    cache.Set("scan" + std::to_string(i), ValueFor(i, 100));
    const std::string name = "hot" + std::to_string(i % 100);
    const Key key = cache.KeyOf(name);
    cache->visited_bytes()[key.hash & (cache->generation_count() - 1)] = 1;
  }
  int found = 0;
  for (int i = 0; i < 100; i++) found += cache.Get("hot" + std::to_string(i));
  return found;
}

TEST("a visited byte protects like a read") { CHECK(FoundAfterVisits(1) > 95); }

TEST("a visited byte does not protect what was never read: no copy of it can exist") {
  CHECK(FoundAfterVisits(0) < 5);
}

TEST("overwrites of changing size evict nothing that lives while most of the bound is free") {
  Cache cache(SmallOptions(8u << 20));
  Random random(7);
  std::vector<std::pair<uint64_t, size_t>> stored(10000);
  for (int round = 0; round < 200000; round++) {
    const size_t k = random.Below(stored.size());
    stored[k] = {random.Next(), random.Below(600)};
    cache.Set("k" + std::to_string(k), ValueFor(stored[k].first, stored[k].second));
  }
  const Stats stats = cache.GetStats();
  CHECK_EQ(stats.counters[Counter::kEvictions], 0u);
  CHECK(stats.counters[Counter::kCleanedSegments] > 0);
  for (size_t k = 0; k < stored.size(); k++) {
    std::string value;
    CHECK(cache.Get("k" + std::to_string(k), &value) &&
          value == ValueFor(stored[k].first, stored[k].second));
  }
  CheckBound(cache);
}

TEST("values of every size up to the limit are stored and read back") {
  Options options = SmallOptions(8u << 20);
  options.max_value_bytes = static_cast<uint32_t>(options.max_bytes / 4);
  Cache cache(options);
  for (uint64_t size = 1; size <= options.max_value_bytes; size = size * 5 / 4 + 1) {
    CHECK(cache.Set("v", ValueFor(size, size)) != WriteStatus::kNoRoom);
    std::string value;
    CHECK(cache.Get("v", &value) && value == ValueFor(size, size));
  }
  CHECK(cache.Set("v", ValueFor(1, options.max_value_bytes)) == WriteStatus::kStored);
  CHECK_EQ(cache.GetStats().entries, 1u);
  CheckBound(cache);
}

TEST("large values find room in a cache full of small ones, and make room for them again") {
  Options options = SmallOptions(8u << 20);
  options.max_value_bytes = static_cast<uint32_t>(options.max_bytes / 4);
  Cache cache(options);
  Random random(11);
  for (int i = 0; i < 60000; i++) {
    cache.Set("small" + std::to_string(i), ValueFor(i, 100));
    if (i % 500 == 0) {
      const std::string key = "large" + std::to_string(i);
      const std::string value = ValueFor(i, 20000 + random.Below(options.max_value_bytes - 20000));
      CHECK(cache.Set(key, value) == WriteStatus::kStored);
      std::string read;
      CHECK(cache.Get(key, &read) && read == value);
      CheckBound(cache);
    }
  }
  CHECK(cache.GetStats().bytes_large <= options.max_bytes / 4 * 3);
  CHECK(cache.Get("small59999"));
}

TEST("shrinking evicts, growing accepts more, and nothing stored is damaged") {
  Options options = SmallOptions(16u << 20);
  options.max_value_bytes = 1u << 20;
  Cache cache(options);
  for (int i = 0; i < 60000; i++) cache.Set("k" + std::to_string(i), ValueFor(i, 150));
  const uint64_t before = cache.GetStats().entries;
  CHECK(cache->Resize(cache.counters(), 8u << 20) == ResizeStatus::kOk);
  CheckBound(cache);
  const uint64_t shrunk = cache.GetStats().entries;
  CHECK(shrunk < before && shrunk > 0);
  int found = 0;
  for (int i = 0; i < 60000; i++) {
    std::string value;
    if (!cache.Get("k" + std::to_string(i), &value)) continue;
    CHECK(value == ValueFor(i, 150));
    found++;
  }
  CHECK_EQ(static_cast<uint64_t>(found), shrunk);
  CHECK(cache->Resize(cache.counters(), 32u << 20) == ResizeStatus::kOk);
  for (int i = 0; i < 100000; i++) cache.Set("k" + std::to_string(i), ValueFor(i, 150));
  CHECK(cache.GetStats().entries > before);
  CheckBound(cache);
  CHECK(cache->Resize(cache.counters(), 65u << 20) == ResizeStatus::kAboveReserve);
  CHECK(cache->Resize(cache.counters(), 2u << 20) == ResizeStatus::kBelowMinimum);
  CheckBound(cache);
}

TEST("the index grows with the entries and is part of what is used") {
  Cache cache(SmallOptions(32u << 20));
  const uint64_t before = cache.GetStats().bytes_index;
  for (int i = 0; i < 200000; i++) cache.Set(std::to_string(i), "x");
  const Stats stats = cache.GetStats();
  CHECK_EQ(stats.entries, 200000u);
  CHECK(stats.bytes_index > before);
  CHECK(stats.bytes_index < 200000u * 24);
  for (int i = 0; i < 200000; i++) CHECK(cache.Get(std::to_string(i)));
  CheckBound(cache);
}

}  // namespace
}  // namespace catzilla_test
