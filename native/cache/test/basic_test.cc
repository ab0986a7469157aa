// What a single thread sees of one engine.
#include "fixture.h"

namespace catzilla_test {
namespace {

TEST("a stored value is read back, byte for byte") {
  Cache cache;
  CHECK(cache.Set("city:1", "Paris") == WriteStatus::kStored);
  std::string value;
  CHECK(cache.Get("city:1", &value));
  CHECK(value == "Paris");
  CHECK(!cache.Get("city:2"));
}

TEST("empty keys and empty values are keys and values") {
  Cache cache;
  cache.Set("", "nameless");
  cache.Set("void", "");
  std::string value = "x";
  CHECK(cache.Get("", &value) && value == "nameless");
  CHECK(cache.Get("void", &value) && value.empty());
  CHECK_EQ(cache.GetStats().entries, 2u);
}

TEST("keys of the greatest size are told apart by their last byte") {
  Options options = SmallOptions(4u << 20);
  options.max_key_bytes = 65535;
  Cache cache(options);
  std::string a(65535, 'k'), b = a;
  b.back() = 'l';
  cache.Set(a, "a");
  cache.Set(b, "b");
  std::string value;
  CHECK(cache.Get(a, &value) && value == "a");
  CHECK(cache.Get(b, &value) && value == "b");
}

TEST("an overwrite of similar size happens in place, others move") {
  Cache cache;
  cache.Set("k", std::string(100, 'a'));
  CHECK(cache.Set("k", std::string(96, 'b')) == WriteStatus::kStoredInPlace);
  CHECK(cache.Set("k", std::string(1000, 'c')) == WriteStatus::kStored);
  CHECK(cache.Set("k", std::string(10, 'd')) == WriteStatus::kStored);
  std::string value;
  CHECK(cache.Get("k", &value) && value == std::string(10, 'd'));
  CHECK_EQ(cache.GetStats().entries, 1u);
  CHECK_EQ(cache.GetStats().counters[Counter::kUpdatesInPlace], 1u);
}

TEST("delete removes once and says so") {
  Cache cache;
  cache.Set("k", "v");
  CHECK(cache.Delete("k"));
  CHECK(!cache.Delete("k"));
  CHECK(!cache.Get("k"));
  CHECK_EQ(cache.GetStats().bytes_live, 0u);
}

TEST("a target too small is left untouched and not counted") {
  Cache cache;
  cache.Set("k", "0123456789");
  uint8_t target[4] = {7, 7, 7, 7};
  ReadInfo info;
  CHECK(cache->Get(cache.counters(), cache.KeyOf("k"), target, 4, &info) == ReadStatus::kTooSmall);
  CHECK_EQ(info.size, 10u);
  CHECK_EQ(target[0], 7);
  CHECK_EQ(cache.GetStats().counters[Counter::kHits], 0u);
}

TEST("a value above the limit is refused and the old one removed") {
  Cache cache;
  cache.Set("k", "old");
  CHECK(cache.Set("k", std::string(SmallOptions().max_value_bytes + 1, 'x')) ==
        WriteStatus::kTooLarge);
  CHECK(!cache.Get("k"));
  CHECK_EQ(cache.GetStats().counters[Counter::kRefusedTooLarge], 1u);
}

TEST("peek and find count nothing and leave the frequency alone") {
  Cache cache;
  cache.Set("k", "v");
  uint8_t byte;
  ReadInfo info;
  CHECK(cache->Peek(cache.KeyOf("k"), &byte, 1, &info) == ReadStatus::kHit);
  CHECK(cache->Find(cache.KeyOf("k"), &info) == ReadStatus::kHit);
  CHECK(cache->Find(cache.KeyOf("absent"), &info) == ReadStatus::kMiss);
  CHECK_EQ(info.size, 1u);
  CHECK_EQ(info.frequency, 0u);
  const Stats stats = cache.GetStats();
  CHECK_EQ(stats.counters[Counter::kHits] + stats.counters[Counter::kMisses], 0u);
}

TEST("frequency rises with reads and saturates at 3") {
  Cache cache;
  cache.Set("k", "v");
  for (int i = 0; i < 9; i++) cache.Get("k");
  ReadInfo info;
  cache->Find(cache.KeyOf("k"), &info);
  CHECK_EQ(info.frequency, 3u);
}

TEST("every write changes the generation word of its key, also for an absent key") {
  Cache cache;
  const std::string name = "k";
  const Key key = cache.KeyOf(name);
  const uint32_t slot = static_cast<uint32_t>(key.hash) & (cache->generation_count() - 1);
  const uint32_t* const word = cache->generation_words() + slot;
  uint32_t seen = *word;
  const auto changed = [&] {
    const bool moved = *word != seen;
    seen = *word;
    return moved;
  };
  cache.Delete("k");
  CHECK(changed());
  cache.Set("k", "1");
  CHECK(changed());
  cache.Set("k", "2");
  CHECK(changed());
  cache->Touch(cache.counters(), key, 1000);
  CHECK(changed());
  cache->Clear();
  CHECK(changed());
  cache.Get("k");
  CHECK(!changed());
}

TEST("clear leaves no entry, no live byte, and the segments free") {
  Cache cache;
  for (int i = 0; i < 2000; i++) cache.Set("k" + std::to_string(i), ValueFor(i, 100));
  cache.Set("large", std::string(100000, 'l'));
  cache->Clear();
  const Stats stats = cache.GetStats();
  CHECK_EQ(stats.entries, 0u);
  CHECK_EQ(stats.bytes_live, 0u);
  CHECK_EQ(stats.bytes_large, 0u);
  CHECK(!cache.Get("k1"));
  for (int i = 0; i < 2000; i++) cache.Set("k" + std::to_string(i), ValueFor(i, 100));
  CHECK_EQ(cache.GetStats().entries, 2000u);
}

TEST("deleting every key leaves no live byte") {
  Cache cache(SmallOptions(8u << 20));
  for (int i = 0; i < 5000; i++) cache.Set("k" + std::to_string(i), ValueFor(i, i % 900));
  for (int i = 0; i < 5000; i++) CHECK(cache.Delete("k" + std::to_string(i)));
  CHECK_EQ(cache.GetStats().entries, 0u);
  CHECK_EQ(cache.GetStats().bytes_live, 0u);
}

TEST("options that contradict each other are refused") {
  OpenStatus status;
  Options options = SmallOptions();
  options.max_bytes = 1000;
  CHECK(Engine::Create(options, &status) == nullptr && status == OpenStatus::kBadOptions);
  options = SmallOptions();
  options.reserve_bytes = options.max_bytes - 1;
  CHECK(Engine::Create(options, &status) == nullptr && status == OpenStatus::kBadOptions);
  options = SmallOptions();
  options.max_value_bytes = static_cast<uint32_t>(options.max_bytes / 4 + 1);
  CHECK(Engine::Create(options, &status) == nullptr && status == OpenStatus::kBadOptions);
  options = SmallOptions();
  options.max_key_bytes = 65536;
  CHECK(Engine::Create(options, &status) == nullptr && status == OpenStatus::kBadOptions);
}

TEST("a count of near hits that is no count is none") {
  Cache cache;
  const double wrong[] = {7.88e115, -1, 1e300 * 1e300, 0.0 / 0.0};
  for (const double count : wrong) {
    std::memcpy(&cache.counters()->words[static_cast<uint32_t>(Counter::kNearHits)], &count, 8);
    CHECK_EQ(cache.GetStats().counters[Counter::kNearHits], 0u);
  }
}

TEST("one name is one engine until its last release") {
  OpenReport report;
  const Place shared{"shared", 6};
  Engine* const a = Engine::Open(shared, SmallOptions(), &report);
  Engine* const b = Engine::Open(shared, SmallOptions(2u << 20), &report);
  CHECK(a != nullptr && a == b);
  CHECK_EQ(b->max_bytes(), 1u << 20);
  Engine* const other = Engine::Open(Place{"sharee", 6}, SmallOptions(), &report);
  CHECK(other != nullptr && other != a);
  a->Release();
  other->Release();
  b->Release();
  Engine* const again = Engine::Open(shared, SmallOptions(2u << 20), &report);
  CHECK_EQ(again->max_bytes(), 2u << 20);
  again->Release();
}

}  // namespace
}  // namespace catzilla_test
