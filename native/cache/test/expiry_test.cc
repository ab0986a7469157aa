// Times to live, by a clock the tests set.
#include "fixture.h"

namespace catzilla_test {
namespace {

TEST("an entry lives until its time to live is over, never less") {
  Cache cache;
  cache->SetTestClock(1000);
  cache.Set("k", "v", 50);
  cache->SetTestClock(1049);
  CHECK(cache.Get("k"));
  cache->SetTestClock(1050);
  CHECK(!cache.Get("k"));
  CHECK_EQ(cache.GetStats().counters[Counter::kExpiredOnRead], 1u);
  CHECK_EQ(cache.GetStats().entries, 0u);
}

TEST("touch renews a live entry and not an expired one") {
  Cache cache;
  cache->SetTestClock(0);
  cache.Set("k", "v", 100);
  cache->SetTestClock(90);
  CHECK(cache->Touch(cache.counters(), cache.KeyOf("k"), 100));
  cache->SetTestClock(189);
  CHECK(cache.Get("k"));
  cache->SetTestClock(190);
  CHECK(!cache->Touch(cache.counters(), cache.KeyOf("k"), 100));
  CHECK(!cache.Get("k"));
}

TEST("an overwrite in place takes the new time to live") {
  Cache cache;
  cache->SetTestClock(0);
  cache.Set("k", "a", 10);
  CHECK(cache.Set("k", "b", 1000) == WriteStatus::kStoredInPlace);
  cache->SetTestClock(500);
  CHECK(cache.Get("k"));
  cache.Set("k", "c");
  cache->SetTestClock(int64_t{1} << 40);
  CHECK(cache.Get("k"));
}

TEST("deleting an expired entry is not a delete") {
  Cache cache;
  cache->SetTestClock(0);
  cache.Set("k", "v", 10);
  cache->SetTestClock(10);
  CHECK(!cache.Delete("k"));
  CHECK_EQ(cache.GetStats().counters[Counter::kDeletes], 0u);
}

TEST("the sweep removes what nobody reads and keeps what lives") {
  Cache cache(SmallOptions(8u << 20));
  cache->SetTestClock(0);
  for (int i = 0; i < 3000; i++) cache.Set("short" + std::to_string(i), ValueFor(i, 200), 100);
  for (int i = 0; i < 3000; i++) cache.Set("long" + std::to_string(i), ValueFor(i, 200), 10000);
  cache.Set("large", std::string(300000, 'l'), 100);
  cache->SetTestClock(100);
  CHECK_EQ(cache->Sweep(cache.counters(), 10000000), 3001u);
  Stats stats = cache.GetStats();
  CHECK_EQ(stats.entries, 3000u);
  CHECK_EQ(stats.counters[Counter::kExpiredSwept], 3001u);
  CHECK_EQ(stats.bytes_large, 0u);
  CHECK_EQ(cache->Sweep(cache.counters(), 10000000), 0u);
  cache->SetTestClock(10000);
  CHECK_EQ(cache->Sweep(cache.counters(), 10000000), 3000u);
  stats = cache.GetStats();
  CHECK_EQ(stats.entries, 0u);
  CHECK_EQ(stats.bytes_live, 0u);
}

TEST("one caller per interval sweeps") {
  Cache cache;
  cache->SetTestClock(5000);
  CHECK(cache->ClaimSweep(1000));
  CHECK(!cache->ClaimSweep(1000));
  cache->SetTestClock(6000);
  CHECK(cache->ClaimSweep(1000));
}

TEST("expired entries make room before live ones are evicted") {
  Cache cache;
  cache->SetTestClock(0);
  for (int i = 0; i < 3000; i++) cache.Set("old" + std::to_string(i), ValueFor(i, 200), 10);
  cache->SetTestClock(10);
  for (int i = 0; i < 2000; i++) cache.Set("new" + std::to_string(i), ValueFor(i, 200));
  for (int i = 0; i < 2000; i++) CHECK(cache.Get("new" + std::to_string(i)));
}

}  // namespace
}  // namespace catzilla_test
