// The pass over tagged items that lets old notes go without taking what is still good.
#include <algorithm>
#include <vector>

#include "fixture.h"

namespace catzilla_test {
namespace {

constexpr int64_t kPlenty = 1000000;  // microseconds: a pass ends within one call

void SetTagged(Cache& cache, const std::string& key, const std::string& tag, uint64_t size = 100) {
  const uint64_t hash = cache.TagOf(tag);
  WriteOptions options;
  options.tags = &hash;
  options.tag_count = 1;
  const WriteStatus status = cache.Set(key, ValueFor(7, size), options);
  CHECK(status == WriteStatus::kStored || status == WriteStatus::kStoredInPlace);
}

void InvalidateMany(Cache& cache, uint32_t from, uint32_t count) {
  for (uint32_t i = from; i < from + count; i++) {
    cache->InvalidateTag(cache.TagOf("other" + std::to_string(i)));
  }
}

TEST("with a pass now and then, tagged entries outlive any number of other invalidations") {
  Cache cache(SmallOptions(4u << 20));
  for (uint32_t i = 0; i < 500; i++) SetTagged(cache, std::to_string(i), "kept");
  SetTagged(cache, "large", "kept", 100000);
  for (uint32_t i = 0; i < 200; i++) {
    InvalidateMany(cache, i * 200, 200);
    cache->Sweep(cache.counters(), kPlenty);
  }
  for (uint32_t i = 0; i < 500; i++) CHECK(cache.Get(std::to_string(i)));
  CHECK(cache.Get("large"));
  cache->InvalidateTag(cache.TagOf("kept"));
  for (uint32_t i = 0; i < 500; i++) CHECK(!cache.Get(std::to_string(i)));
  CHECK(!cache.Get("large"));
}

TEST("without a pass, entries from before what was forgotten are void, and none from after") {
  Cache cache(SmallOptions(1u << 20));
  SetTagged(cache, "old", "kept");
  InvalidateMany(cache, 0, 100000);
  SetTagged(cache, "new", "kept");
  CHECK(!cache.Get("old"));
  CHECK(cache.Get("new"));
}

TEST("a pass removes what is void, and what a set refused before it is refused after it") {
  Cache cache(SmallOptions(4u << 20));
  const uint64_t since = cache->Epoch();
  for (uint32_t i = 0; i < 100; i++) SetTagged(cache, std::to_string(i), "gone");
  cache->InvalidateTag(cache.TagOf("gone"));
  InvalidateMany(cache, 0, 2000);
  cache->Sweep(cache.counters(), kPlenty);
  CHECK_EQ(cache.GetStats().entries, 0u);
  CHECK_EQ(cache.GetStats().counters[Counter::kInvalidated], 100u);
  WriteOptions options;
  const uint64_t tag = cache.TagOf("gone");
  options.tags = &tag;
  options.tag_count = 1;
  options.has_since = true;
  options.since = since;
  CHECK(cache.Set("late", "value", options) == WriteStatus::kSince);
}

TEST("a pass in small steps misses nothing while entries are written, moved and evicted") {
  Cache cache(SmallOptions(2u << 20));
  Random random(5);
  std::vector<uint64_t> invalidated(50, 0);
  std::vector<uint64_t> stored(2000, 0);
  uint64_t now = 0;
  for (uint32_t i = 0; i < 60000; i++) {
    now++;
    const uint32_t key = static_cast<uint32_t>(random.Below(2000));
    const uint32_t tag = key % 50;
    if (random.Below(40) == 0) {
      cache->InvalidateTag(cache.TagOf("tag" + std::to_string(tag)));
      invalidated[tag] = now;
    } else if (random.Below(3) == 0) {
      InvalidateMany(cache, i * 2, 2);
    } else if (random.Below(3) == 0) {
      SetTagged(cache, std::to_string(key), "tag" + std::to_string(tag), 20 + random.Below(900));
      stored[key] = now;
    } else if (cache.Get(std::to_string(key))) {
      CHECK(stored[key] > invalidated[tag]);
    }
    if (i % 16 == 0) cache->Sweep(cache.counters(), 20);
  }
  CHECK(std::count(invalidated.begin(), invalidated.end(), 0u) < 10);
}

}  // namespace
}  // namespace catzilla_test
