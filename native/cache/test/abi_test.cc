// The C interface: a table over one engine, with statuses in place of the engine's.
#include "../abi.h"

#include <cstddef>
#include <string>

#include "fixture.h"

namespace catzilla_test {
namespace {

// A cache used through its table alone, but for what the table cannot do.
class Table {
 public:
  explicit Table(const Options& options = SmallOptions())
      : cache_(options), abi_(catzilla::AbiOf(&cache_.engine())) {
    thread_ = abi_.thread_attach(abi_.cache);
  }
  ~Table() { abi_.thread_detach(abi_.cache, thread_); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  const catz_abi& abi() const { return abi_; }
  Cache& cache() { return cache_; }
  uint64_t Hash(const std::string& key) const {
    return abi_.hash(abi_.cache, Bytes(key), Size(key));
  }
  catz_status Put(const std::string& key, const std::string& value, uint64_t ttl = CATZ_NEVER) {
    return abi_.put(abi_.cache, thread_, Bytes(key), Size(key), Bytes(value), value.size(), ttl);
  }
  catz_status Pin(const std::string& key, catz_view* view) {
    return abi_.pin(abi_.cache, thread_, Bytes(key), Size(key), Hash(key), view);
  }
  catz_status Copy(const std::string& key, uint8_t* target, uint32_t capacity, uint32_t* length) {
    return abi_.copy(abi_.cache, thread_, Bytes(key), Size(key), Hash(key), target, capacity,
                     length);
  }
  catz_status Remove(const std::string& key) {
    return abi_.remove(abi_.cache, thread_, Bytes(key), Size(key));
  }
  bool IsCurrent(const catz_view& view) const { return abi_.is_current(abi_.cache, &view) != 0; }

 private:
  static const uint8_t* Bytes(const std::string& text) {
    return reinterpret_cast<const uint8_t*>(text.data());
  }
  static uint32_t Size(const std::string& text) { return static_cast<uint32_t>(text.size()); }

  Cache cache_;
  catz_abi abi_;
  catz_thread* thread_;
};

std::string TextOf(const catz_view& view) {
  return std::string(reinterpret_cast<const char*>(view.data), view.length);
}

// What addons were compiled against: these offsets and numbers never change.
TEST("the table's layout is the one that version 1 has promised") {
  CHECK_EQ(CATZ_ABI_VERSION, 1u);
  CHECK_EQ(offsetof(catz_abi, struct_size), 4u);
  CHECK_EQ(offsetof(catz_abi, cache), 8u);
  const size_t pointer = sizeof(void*);
  const size_t first = 8 + pointer;
  CHECK_EQ(offsetof(catz_abi, open_existing), first);
  CHECK_EQ(offsetof(catz_abi, pin), first + 7 * pointer);
  CHECK_EQ(offsetof(catz_abi, remove), first + 11 * pointer);
  CHECK_EQ(offsetof(catz_abi, is_current), first + 12 * pointer);
  CHECK_EQ(sizeof(catz_view), 32u + (pointer == 8 ? 8u : 0u));
  CHECK_EQ(sizeof(catz_status), 4u);
  CHECK_EQ(CATZ_TOO_SMALL, 2);
  CHECK_EQ(CATZ_BAD_ARGUMENT, 5);
}

TEST("the table says its version and size, and names an engine it does not retain") {
  Table table;
  CHECK_EQ(table.abi().abi_version, CATZ_ABI_VERSION);
  CHECK_EQ(table.abi().struct_size, sizeof(catz_abi));
  CHECK(static_cast<void*>(table.abi().cache) == static_cast<void*>(&table.cache().engine()));
}

TEST("no function of the table is missing") {
  Table table;
  const auto* const bytes = reinterpret_cast<const char*>(&table.abi());
  for (size_t at = offsetof(catz_abi, cache); at < sizeof(catz_abi); at += sizeof(void*)) {
    void* pointer;
    std::memcpy(&pointer, bytes + at, sizeof(pointer));
    CHECK(pointer != nullptr);
  }
}

TEST("what is put is copied, pinned and removed, and counts as a read or not") {
  Table table;
  CHECK_EQ(table.Put("k", "value"), CATZ_OK);
  uint8_t target[8] = {};
  uint32_t length = 77;
  CHECK_EQ(table.Copy("none", target, sizeof(target), &length), CATZ_MISS);
  CHECK_EQ(length, 77u);
  CHECK_EQ(table.Copy("k", target, 4, &length), CATZ_TOO_SMALL);
  CHECK_EQ(length, 5u);
  CHECK_EQ(target[0], 0);
  CHECK_EQ(table.Copy("k", target, 5, &length), CATZ_OK);
  CHECK(std::memcmp(target, "value", 5) == 0);
  catz_view view;
  CHECK_EQ(table.Pin("none", &view), CATZ_MISS);
  CHECK_EQ(table.Pin("k", &view), CATZ_OK);
  CHECK(TextOf(view) == "value");
  CHECK(view.expires_at_ms == CATZ_NEVER);
  CHECK_EQ(table.cache().GetStats().leases, 1u);
  table.abi().unpin(table.abi().cache, view.pin);
  CHECK_EQ(table.cache().GetStats().leases, 0u);
  CHECK_EQ(table.Remove("k"), CATZ_OK);
  CHECK_EQ(table.Remove("k"), CATZ_MISS);
  const Stats stats = table.cache().GetStats();
  CHECK_EQ(stats.counters[Counter::kHits], 2u);
  CHECK_EQ(stats.counters[Counter::kMisses], 2u);
  CHECK_EQ(stats.counters[Counter::kDeletes], 1u);
}

TEST("a null pointer stands for no bytes") {
  Table table;
  const catz_abi& abi = table.abi();
  Counters* const counters = table.cache().counters();
  catz_thread* const thread = reinterpret_cast<catz_thread*>(counters);
  CHECK_EQ(abi.put(abi.cache, thread, nullptr, 0, nullptr, 0, CATZ_NEVER), CATZ_OK);
  uint32_t length = 1;
  const uint64_t hash = abi.hash(abi.cache, nullptr, 0);
  CHECK_EQ(abi.copy(abi.cache, thread, nullptr, 0, hash, nullptr, 0, &length), CATZ_OK);
  CHECK_EQ(length, 0u);
  CHECK_EQ(table.Put("", "x"), CATZ_OK);
  CHECK_EQ(abi.copy(abi.cache, thread, nullptr, 0, hash, nullptr, 0, &length), CATZ_TOO_SMALL);
  CHECK_EQ(length, 1u);
  CHECK_EQ(abi.remove(abi.cache, thread, nullptr, 0), CATZ_OK);
}

TEST("a key longer than the cache takes is absent, and not put") {
  Options options = SmallOptions();
  options.max_key_bytes = 100;
  Table table(options);
  for (const size_t size : {size_t{101}, size_t{65536}, size_t{65546}}) {
    const std::string key(size, 'k');
    table.Put(key.substr(0, size & 0xffff).substr(0, 100), "of a key cut to 16 bits");
    uint32_t length;
    catz_view view;
    CHECK_EQ(table.Put(key, "v"), CATZ_BAD_ARGUMENT);
    CHECK_EQ(table.Copy(key, nullptr, 0, &length), CATZ_MISS);
    CHECK_EQ(table.Pin(key, &view), CATZ_MISS);
    CHECK_EQ(table.Remove(key), CATZ_MISS);
  }
}

TEST("a time to live is 1 ms to 2^46 ms, none, or the cache's") {
  Options options = SmallOptions();
  options.default_ttl = 500;
  Table table(options);
  table.cache()->SetTestClock(1000);
  table.Put("k", "old");
  CHECK_EQ(table.Put("k", "v", 0), CATZ_BAD_ARGUMENT);
  CHECK_EQ(table.Put("k", "v", (uint64_t{1} << 46) + 1), CATZ_BAD_ARGUMENT);
  CHECK_EQ(table.Put("k", "v", CATZ_CACHE_TTL - 1), CATZ_BAD_ARGUMENT);
  const auto expiry = [&](uint64_t ttl) {
    catz_view view;
    CHECK_EQ(table.Put("k", "v", ttl), CATZ_OK);
    CHECK_EQ(table.Pin("k", &view), CATZ_OK);
    table.abi().unpin(table.abi().cache, view.pin);
    return view.expires_at_ms;
  };
  const uint64_t now = table.abi().now_ms(table.abi().cache);
  CHECK_EQ(now, 1000u);
  CHECK_EQ(expiry(1), now + 1);
  CHECK_EQ(expiry(uint64_t{1} << 46), now + (uint64_t{1} << 46));
  CHECK_EQ(expiry(CATZ_CACHE_TTL), now + 500);
  CHECK(expiry(CATZ_NEVER) == CATZ_NEVER);
}

TEST("a refused put removes the old value") {
  Table table;
  table.Put("k", "old");
  CHECK_EQ(table.Put("k", std::string(SmallOptions().max_value_bytes + 1, 'x')), CATZ_REFUSED);
  CHECK_EQ(table.Remove("k"), CATZ_MISS);
}

TEST("pins beyond the limit are refused and leave the view alone") {
  Options options = SmallOptions();
  options.lease_share = 0;
  Table table(options);
  table.Put("k", "v");
  catz_view view{};
  CHECK_EQ(table.Pin("k", &view), CATZ_OVER_LIMIT);
  CHECK(view.data == nullptr);
}

TEST("a view is current until its key is written, removed, cleared, invalidated or expired") {
  Table table;
  Cache& cache = table.cache();
  cache->SetTestClock(1000);
  const uint64_t tag = cache.TagOf("t");
  const auto tagged = [&] {
    WriteOptions options = WithTtl(500);
    options.tags = &tag;
    options.tag_count = 1;
    cache.Set("k", "value", options);
    catz_view view;
    CHECK_EQ(table.Pin("k", &view), CATZ_OK);
    table.abi().unpin(table.abi().cache, view.pin);
    CHECK(table.IsCurrent(view));
    return view;
  };
  catz_view view = tagged();
  table.Put("k", "other");
  CHECK(!table.IsCurrent(view));
  view = tagged();
  table.Remove("k");
  CHECK(!table.IsCurrent(view));
  view = tagged();
  cache->Clear();
  CHECK(!table.IsCurrent(view));
  view = tagged();
  cache->InvalidateTag(tag);
  CHECK(!table.IsCurrent(view));
  view = tagged();
  cache->SetTestClock(1499);
  CHECK(table.IsCurrent(view));
  cache->SetTestClock(1500);
  CHECK(!table.IsCurrent(view));
}

TEST("an untagged view stays current while tags are invalidated") {
  Table table;
  table.Put("k", "v");
  catz_view view;
  CHECK_EQ(table.Pin("k", &view), CATZ_OK);
  table.abi().unpin(table.abi().cache, view.pin);
  table.cache()->InvalidateTag(table.cache().TagOf("t"));
  CHECK(table.IsCurrent(view));
}

TEST("an open cache is found by its name and kept by the one who found or retained it") {
  const char name[] = "abi";
  const Place place{name, 3};
  OpenReport report;
  Engine* const engine = Engine::Open(place, SmallOptions(), &report);
  CHECK(report.status == OpenStatus::kOk);
  const catz_abi abi = catzilla::AbiOf(engine);
  CHECK(abi.open_existing("ab", 2) == nullptr);
  CHECK(abi.open_existing(name, 3) == abi.cache);
  engine->Release();
  abi.retain(abi.cache);
  abi.release(abi.cache);
  CHECK(abi.open_existing(name, 3) == abi.cache);
  abi.release(abi.cache);
  abi.release(abi.cache);
  CHECK(abi.open_existing(name, 3) == nullptr);
}

}  // namespace
}  // namespace catzilla_test
