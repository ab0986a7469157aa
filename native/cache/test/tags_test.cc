// Tags by epoch: what an invalidation makes void, what it leaves, and where memory for it ends.
#include <unordered_map>
#include <vector>

#include "fixture.h"

namespace catzilla_test {
namespace {

// WriteOptions over tags that live as long as it does.
struct Tagged {
  std::vector<uint64_t> hashes;
  WriteOptions options;

  Tagged(const Cache& cache, const std::vector<std::string>& tags, int64_t ttl = kNeverExpires) {
    for (const std::string& tag : tags) hashes.push_back(cache.TagOf(tag));
    options.ttl = ttl;
    options.tags = hashes.data();
    options.tag_count = static_cast<uint32_t>(hashes.size());
  }
  Tagged& Since(uint64_t epoch) {
    options.has_since = true;
    options.since = epoch;
    return *this;
  }
};

WriteStatus Set(Cache& cache, const std::string& key, const std::string& value,
                const std::vector<std::string>& tags) {
  return cache.Set(key, value, Tagged(cache, tags).options);
}

TEST("invalidating a tag makes void what was stored with it, and nothing else") {
  Cache cache;
  Set(cache, "a", "1", {"red"});
  Set(cache, "b", "2", {"red", "blue"});
  Set(cache, "c", "3", {"blue"});
  cache.Set("d", "4");
  cache->InvalidateTag(cache.TagOf("red"));
  CHECK(!cache.Get("a"));
  CHECK(!cache.Get("b"));
  CHECK(cache.Get("c"));
  CHECK(cache.Get("d"));
  Set(cache, "a", "5", {"red"});
  CHECK(cache.Get("a"));
}

TEST("a void entry is gone for every call, and counts as invalidated once") {
  Cache cache;
  const char* const keys[] = {"get", "peek", "find", "delete", "touch", "lease", "keys"};
  for (const char* key : keys) Set(cache, key, "v", {"t"});
  cache->InvalidateTag(cache.TagOf("t"));
  ReadInfo info;
  uint8_t byte;
  LeaseView view;
  CHECK(!cache.Get("get"));
  CHECK(cache->Peek(cache.KeyOf("peek"), &byte, 1, &info) == ReadStatus::kMiss);
  CHECK(cache->Find(cache.KeyOf("find"), &info) == ReadStatus::kMiss);
  CHECK(!cache.Delete("delete"));
  CHECK(!cache->Touch(cache.counters(), cache.KeyOf("touch"), 1000));
  CHECK(cache->Lease(cache.counters(), cache.KeyOf("lease"), &view, &info) == ReadStatus::kMiss);
  catzilla::KeysCursor cursor;
  int listed = 0;
  const auto count = [](void* context, const uint8_t*, uint32_t) { ++*static_cast<int*>(context); };
  while (cache->Keys(&cursor, nullptr, 0, count, &listed)) {
  }
  CHECK_EQ(listed, 0);
  // Peek, find and keys look without removing.
  CHECK_EQ(cache.GetStats().counters[Counter::kInvalidated], 4u);
  CHECK_EQ(cache.GetStats().counters[Counter::kDeletes], 0u);
  CHECK_EQ(cache.GetStats().entries, 3u);
}

TEST("a rewrite in place takes the new tags and the new epoch") {
  Cache cache;
  Set(cache, "k", "old", {"a", "b"});
  CHECK(Set(cache, "k", "new", {"c", "d"}) == WriteStatus::kStoredInPlace);
  cache->InvalidateTag(cache.TagOf("a"));
  CHECK(cache.Get("k"));
  cache->InvalidateTag(cache.TagOf("c"));
  CHECK(!cache.Get("k"));
  Set(cache, "k", "one", {"a", "b"});
  cache->InvalidateTag(cache.TagOf("b"));
  Set(cache, "k", "two", {"a", "b"});
  std::string value;
  CHECK(cache.Get("k", &value) && value == "two");
}

TEST("another number of tags moves the entry, and no tags clear them") {
  Cache cache;
  const std::string value(200, 'v');
  Set(cache, "k", value, {"a", "b", "c"});
  CHECK(Set(cache, "k", value, {"b"}) == WriteStatus::kStored);
  cache->InvalidateTag(cache.TagOf("a"));
  std::string read;
  CHECK(cache.Get("k", &read) && read == value);
  CHECK(cache.Set("k", value) == WriteStatus::kStored);
  ReadInfo info;
  CHECK(cache->Find(cache.KeyOf("k"), &info) == ReadStatus::kHit);
  CHECK(!info.tagged);
  cache->InvalidateTag(cache.TagOf("b"));
  CHECK(cache.Get("k"));
  CHECK_EQ(cache.GetStats().entries, 1u);
}

TEST("each of 64 tags makes the entry void") {
  Cache cache;
  std::vector<std::string> tags;
  for (uint32_t i = 0; i < catzilla::kMaxTags; i++) tags.push_back("tag" + std::to_string(i));
  for (const std::string& tag : tags) {
    Set(cache, "k", ValueFor(1, 500), tags);
    std::string value;
    CHECK(cache.Get("k", &value) && value == ValueFor(1, 500));
    cache->InvalidateTag(cache.TagOf(tag));
    CHECK(!cache.Get("k"));
  }
}

TEST("a large value and one that cleaning moved keep their tags") {
  Options options = SmallOptions(4u << 20);
  Cache cache(options);
  const std::string large = ValueFor(3, options.max_value_bytes);
  Set(cache, "large", large, {"l"});
  std::string value;
  CHECK(cache.Get("large", &value) && value == large);
  for (int i = 0; i < 1000; i++) {
    Set(cache, "kept" + std::to_string(i), ValueFor(i, 100), {"kept" + std::to_string(i % 2)});
    cache.Set("filler" + std::to_string(i), ValueFor(i, 900));
  }
  for (int i = 0; i < 1000; i++) cache.Delete("filler" + std::to_string(i));
  Random random(5);
  for (int i = 0; i < 60000; i++) {
    cache.Set("more" + std::to_string(random.Below(4000)), ValueFor(i, random.Below(600)));
  }
  CHECK(cache.GetStats().counters[Counter::kCleanedSegments] > 0);
  CHECK_EQ(cache.GetStats().counters[Counter::kEvictions], 0u);
  cache->InvalidateTag(cache.TagOf("l"));
  cache->InvalidateTag(cache.TagOf("kept1"));
  CHECK(!cache.Get("large"));
  for (int i = 0; i < 1000; i++) CHECK_EQ(cache.Get("kept" + std::to_string(i)), i % 2 == 0);
  CHECK_EQ(cache.GetStats().bytes_large, 0u);
}

TEST("touch renews an entry without making its tags young again") {
  Cache cache;
  cache->SetTestClock(0);
  cache.Set("k", "v", Tagged(cache, {"t"}, 100).options);
  CHECK(cache->Touch(cache.counters(), cache.KeyOf("k"), 1000));
  cache->SetTestClock(500);
  CHECK(cache.Get("k"));
  cache->InvalidateTag(cache.TagOf("t"));
  CHECK(!cache.Get("k"));
}

TEST("the epoch rises with each invalidation and each clear") {
  Cache cache;
  uint64_t last = cache->Epoch();
  for (int i = 0; i < 3; i++) {
    cache->InvalidateTag(cache.TagOf("t"));
    CHECK(cache->Epoch() > last);
    last = cache->Epoch();
    cache->Clear();
    CHECK(cache->Epoch() > last);
    last = cache->Epoch();
    CHECK_EQ(*cache->tag_epoch_word(), last);
  }
  cache.Set("k", "v");
  CHECK_EQ(cache->Epoch(), last);
}

TEST("a write since an epoch is refused after its tag was invalidated or all was cleared") {
  Cache cache;
  uint64_t since = cache->Epoch();
  CHECK(cache.Set("k", "1", Tagged(cache, {"t"}).Since(since).options) == WriteStatus::kStored);
  cache->InvalidateTag(cache.TagOf("other"));
  CHECK(cache.Set("k", "2", Tagged(cache, {"t"}).Since(since).options) ==
        WriteStatus::kStoredInPlace);
  cache->InvalidateTag(cache.TagOf("t"));
  CHECK(cache.Set("k", "3", Tagged(cache, {"t", "u"}).Since(since).options) == WriteStatus::kSince);
  CHECK(!cache.Get("k"));
  CHECK(cache.Set("k", "4", Tagged(cache, {}).Since(since).options) == WriteStatus::kStored);
  since = cache->Epoch();
  CHECK(cache.Set("k", "5", Tagged(cache, {"t"}).Since(since).options) == WriteStatus::kStored);
  cache->Clear();
  CHECK(cache.Set("k", "6", Tagged(cache, {"t"}).Since(since).options) == WriteStatus::kSince);
  CHECK(cache.Set("k", "7", Tagged(cache, {}).Since(since).options) == WriteStatus::kSince);
  const std::string large = ValueFor(1, 100000);
  CHECK(cache.Set("k", large, Tagged(cache, {}).Since(since).options) == WriteStatus::kSince);
  CHECK_EQ(cache.GetStats().counters[Counter::kRefusedSince], 4u);
  CHECK_EQ(cache.GetStats().bytes_large, 0u);
}

TEST("an entry stored since an epoch is as old as that epoch") {
  Cache cache;
  Set(cache, "probe", "v", {"t"});
  const uint64_t since = cache->Epoch();
  cache->InvalidateTag(cache.TagOf("other"));
  cache.Set("k", "v", Tagged(cache, {"t"}).Since(since).options);
  CHECK(cache.Get("k"));
  cache->InvalidateTag(cache.TagOf("t"));
  CHECK(!cache.Get("k"));
}

TEST("more tags than there are notes make more void than asked for, never less") {
  Options options = SmallOptions(1u << 20);
  Cache cache(options);
  // Exact epochs: when each tag was last invalidated, when each key was last stored.
  std::unordered_map<uint64_t, uint64_t> invalidated;
  struct Stored {
    uint64_t tags[2];
    uint64_t at;
    uint64_t version = 0;
  };
  std::unordered_map<uint64_t, Stored> stored;
  Random random(100000);
  uint64_t now = 0, hits = 0, stale = 0, wrong = 0, lost_young = 0;
  for (int i = 0; i < 400000; i++) {
    now++;
    const uint64_t key = random.Below(800);
    const uint64_t what = random.Below(8);
    const std::string name = std::to_string(key);
    if (what < 3) {
      const Stored entry{{random.Below(100000), random.Below(100000)}, now, now};
      const uint64_t hashes[] = {cache.TagOf(std::to_string(entry.tags[0])),
                                 cache.TagOf(std::to_string(entry.tags[1]))};
      WriteOptions write;
      write.tags = hashes;
      write.tag_count = 2;
      cache.Set(name, std::to_string(now), write);
      stored[key] = entry;
      if (!cache.Get(name)) lost_young++;
    } else if (what < 4) {
      const uint64_t tag = random.Below(100000);
      cache->InvalidateTag(cache.TagOf(std::to_string(tag)));
      invalidated[tag] = now;
    } else {
      std::string value;
      if (!cache.Get(name, &value)) continue;
      hits++;
      const auto entry = stored.find(key);
      if (entry == stored.end() || value != std::to_string(entry->second.version)) {
        wrong++;
        continue;
      }
      for (const uint64_t tag : entry->second.tags) {
        const auto note = invalidated.find(tag);
        if (note != invalidated.end() && note->second > entry->second.at) stale++;
      }
    }
  }
  CHECK_EQ(stale, 0u);
  CHECK_EQ(wrong, 0u);
  CHECK_EQ(lost_young, 0u);  // what was stored after the last invalidation is never void
  CHECK(hits > 1000);
  CHECK(invalidated.size() > 10000);
}

}  // namespace
}  // namespace catzilla_test
