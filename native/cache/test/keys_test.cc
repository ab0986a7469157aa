// Iteration over keys.
#include <set>

#include "fixture.h"

namespace catzilla_test {
namespace {

struct Seen {
  std::multiset<std::string> keys;
  static void Add(void* context, const uint8_t* key, uint32_t size) {
    static_cast<Seen*>(context)->keys.emplace(reinterpret_cast<const char*>(key), size);
  }
};

TEST("keys are handed out once each, by prefix, without the expired") {
  Cache cache(SmallOptions(8u << 20));
  cache->SetTestClock(0);
  for (int i = 0; i < 5000; i++) {
    cache.Set((i % 2 ? "odd:" : "even:") + std::to_string(i), "v", i < 4000 ? kNeverExpires : 10);
  }
  cache->SetTestClock(10);
  Seen all, odd;
  catzilla::KeysCursor cursor;
  while (cache->Keys(&cursor, nullptr, 0, Seen::Add, &all)) {
  }
  CHECK_EQ(all.keys.size(), 4000u);
  cursor = catzilla::KeysCursor();
  const uint8_t prefix[] = {'o', 'd', 'd', ':'};
  while (cache->Keys(&cursor, prefix, 4, Seen::Add, &odd)) {
  }
  CHECK_EQ(odd.keys.size(), 2000u);
  for (const std::string& key : odd.keys) CHECK_EQ(all.keys.count(key), 1u);
}

TEST("a key that stays is seen exactly once while the index grows beneath the iteration") {
  Cache cache(SmallOptions(32u << 20));
  for (int i = 0; i < 3000; i++) cache.Set("stay:" + std::to_string(i), "v");
  Seen seen;
  catzilla::KeysCursor cursor;
  const uint8_t prefix[] = {'s', 't', 'a', 'y'};
  int grown = 0;
  while (cache->Keys(&cursor, prefix, 4, Seen::Add, &seen)) {
    for (int i = 0; i < 3000; i++) cache.Set("grow:" + std::to_string(grown++), "v");
    if (grown > 150000) break;
  }
  while (cache->Keys(&cursor, prefix, 4, Seen::Add, &seen)) {
  }
  CHECK_EQ(seen.keys.size(), 3000u);
  for (int i = 0; i < 3000; i++) CHECK_EQ(seen.keys.count("stay:" + std::to_string(i)), 1u);
}

}  // namespace
}  // namespace catzilla_test
