// Writes that say which version they were computed from: refused when somebody else has written the
// key since, in any thread. CATZ_ROUNDS makes the races longer.
#include "../version.h"

#include <pthread.h>

#include <vector>

#include "../atomics.h"
#include "../write.h"
#include "inside.h"
#include "values.h"

#if defined(__linux__)
#include "files.h"
#endif

namespace catzilla_test {
namespace {

WriteOptions Since(uint64_t version) {
  WriteOptions options;
  options.has_version = true;
  options.version = version;
  return options;
}

uint64_t VersionOf(const Cache& cache, const std::string& key) {
  return cache->Version(cache.KeyOf(key));
}

uint64_t RefusedFor(const Cache& cache, Counter counter) {
  return cache.GetStats().counters[counter];
}

// A key of another word than that of `key`.
std::string Elsewhere(const Cache& cache, const std::string& key) {
  const uint32_t mask = cache->generation_count() - 1;
  for (int i = 0;; i++) {
    const std::string other = "other" + std::to_string(i);
    if ((cache.KeyOf(other).hash & mask) != (cache.KeyOf(key).hash & mask)) return other;
  }
}

TEST("a write with the present version is stored, whether the key is there or not") {
  Cache cache;
  CHECK(cache.Set("k", "1", Since(VersionOf(cache, "k"))) == WriteStatus::kStored);
  CHECK(cache.Set("k", "2", Since(VersionOf(cache, "k"))) == WriteStatus::kStoredInPlace);
  CHECK(cache.Set("k", std::string(100000, 'x'), Since(VersionOf(cache, "k"))) ==
        WriteStatus::kStored);
  std::string value;
  CHECK(cache.Get("k", &value) && value == std::string(100000, 'x'));
}

TEST("each kind of write to the key in between refuses, and what is there stays") {
  Cache cache;
  struct Between {
    bool is_there;
    void (*run)(Cache& cache);
  };
  const Between kinds[] = {
      {true, [](Cache& c) { c.Set("k", "new"); }},
      {false, [](Cache& c) { c.Delete("k"); }},
      {false, [](Cache& c) { c.Set("k", "new"), c.Delete("k"); }},
      {false, [](Cache& c) { c->Touch(c.counters(), c.KeyOf("k"), 1000); }},
      {false, [](Cache& c) { c->Clear(); }},
      {true, [](Cache& c) { c->Clear(), c.Set("k", "new"); }},
      {false, [](Cache& c) { c.Set("k", std::string(1u << 20, 'x')); }},  // refused itself
  };
  uint64_t refused = 0;
  for (const Between& between : kinds) {
    for (const size_t size : {size_t{3}, size_t{100000}, size_t{1} << 20}) {
      cache.Delete("k");
      const uint64_t version = VersionOf(cache, "k");
      between.run(cache);
      CHECK(cache.Set("k", std::string(size, 'o'), Since(version)) == WriteStatus::kVersion);
      CHECK_EQ(RefusedFor(cache, Counter::kRefusedVersion), ++refused);
      std::string value;
      CHECK_EQ(cache.Get("k", &value), between.is_there);
      if (between.is_there) CHECK(value == "new");
    }
  }
  CHECK(IsConsistent(cache.engine()));
}

TEST("a write to a key of another word does not refuse") {
  Cache cache;
  const std::string other = Elsewhere(cache, "k");
  const uint64_t version = VersionOf(cache, "k");
  cache.Set(other, "1");
  cache.Delete(other);
  cache.Get("k");
  CHECK(cache.Set("k", "1", Since(version)) == WriteStatus::kStored);
}

TEST("expiry and eviction leave the version as it is") {
  Cache cache;
  cache->SetTestClock(1000);
  cache.Set("k", "1", 10);
  const uint64_t version = VersionOf(cache, "k");
  cache->SetTestClock(2000);
  CHECK(!cache.Get("k"));
  cache->Sweep(cache.counters(), 10000);
  CHECK(cache.Set("k", "2", Since(version)) == WriteStatus::kStored);
  // In one step, so that only entries' leaving could change versions.
  Cache full(SmallOptions(8u << 20));
  for (int i = 0; i < 50000; i++) full.Set("k" + std::to_string(i), ValueFor(i, 100));
  std::vector<uint64_t> versions;
  for (int i = 0; i < 50000; i++) versions.push_back(VersionOf(full, "k" + std::to_string(i)));
  CHECK(full->Resize(full.counters(), 5u << 20) == ResizeStatus::kOk);
  CHECK(full.GetStats().counters[Counter::kEvictions] > 0);
  for (int i = 0; i < 50000; i++) CHECK_EQ(VersionOf(full, "k" + std::to_string(i)), versions[i]);
}

TEST("a refusal for another reason keeps what is newer and removes what is not") {
  Cache cache;
  const std::string large(SmallOptions().max_value_bytes + 1, 'x');
  cache.Set("k", "old");
  WriteOptions options = Since(VersionOf(cache, "k"));
  CHECK(cache.Set("k", large, options) == WriteStatus::kTooLarge);
  CHECK(!cache.Get("k"));
  cache.Set("k", "new");
  CHECK(cache.Set("k", large, options) == WriteStatus::kVersion);
  CHECK(cache.Get("k"));
  options = Since(VersionOf(cache, "k"));
  options.has_since = true;
  options.since = cache->Epoch() + 1;
  CHECK(cache.Set("k", "other", options) == WriteStatus::kSince);
  CHECK(!cache.Get("k"));
  CHECK_EQ(RefusedFor(cache, Counter::kRefusedVersion), 1u);
}

TEST("a version does not come back when the word comes round") {
  Cache cache;
  const std::string name = "k";
  const Key key = cache.KeyOf(name);
  EngineState state = Inside(cache.engine());
  uint32_t* const word = &state.generations[key.hash & state.generation_mask];
  *word = 5;
  const uint64_t before = VersionOf(cache, "k");
  for (const uint32_t nearly : {0x7fffffffu, 0xffffffffu}) {
    *word = nearly;
    cache.Delete("k");
  }
  CHECK_EQ(*word, 0u);
  *word = 5;
  CHECK_EQ(VersionOf(cache, "k") >> 32, (before >> 32) + 2);
  CHECK(cache.Set("k", "old", Since(before)) == WriteStatus::kVersion);
  CHECK(VersionOf(cache, "k") < uint64_t{1} << 53);
}

// A source of truth with one number a key, and a cache in front of it. The writer changes the
// source and then invalidates; the fillers read the version, then the source, then store. What is
// read from the cache is never older than the last invalidation that had returned. They store only
// what they miss, so that a stale value would stay.
struct Race {
  static constexpr uint32_t kKeys = 4;
  Engine* engine;
  uint64_t rounds;
  uint64_t source[kKeys] = {};
  uint64_t invalidated[kKeys] = {};
  uint32_t done = 0;
  uint64_t stored = 0, refused = 0, hits = 0, stale = 0;

  Key KeyOf(const uint64_t* number) const {
    const uint8_t* const bytes = reinterpret_cast<const uint8_t*>(number);
    return Key{bytes, 8, engine->Hash(bytes, 8)};
  }
};

void* Invalidate(void* context) {
  Race& race = *static_cast<Race*>(context);
  Counters* const counters = race.engine->Attach();
  Random random(11);
  for (uint64_t i = 1; i <= race.rounds; i++) {
    uint64_t number = random.Below(Race::kKeys);
    if (random.Below(200) == 0) {
      for (uint64_t& value : race.source) catzilla::StoreRelease(&value, i);
      race.engine->Clear();
      for (uint64_t& value : race.invalidated) catzilla::StoreRelease(&value, i);
    } else {
      catzilla::StoreRelease(&race.source[number], i);
      race.engine->Delete(counters, race.KeyOf(&number));
      catzilla::StoreRelease(&race.invalidated[number], i);
    }
    if (i % 8 == 0) sched_yield();
  }
  race.engine->Detach(counters);
  catzilla::AddSeqCst(&race.done, 1u);
  return nullptr;
}

void* FillAndRead(void* context) {
  Race& race = *static_cast<Race*>(context);
  Counters* const counters = race.engine->Attach();
  Random random(reinterpret_cast<uintptr_t>(counters));
  std::vector<uint64_t> value(20000);
  for (uint64_t i = 0; catzilla::LoadAcquire(&race.done) == 0; i++) {
    uint64_t number = random.Below(Race::kKeys);
    const Key key = race.KeyOf(&number);
    value.resize(20000);
    const uint64_t least = catzilla::LoadAcquire(&race.invalidated[number]);
    const uint64_t version = race.engine->Version(key);
    ReadInfo info;
    if (race.engine->Get(counters, key, reinterpret_cast<uint8_t*>(&value[0]), 160000, &info) ==
        ReadStatus::kHit) {
      catzilla::AddRelaxed(&race.hits, uint64_t{1});
      if (value[0] < least) catzilla::AddRelaxed(&race.stale, uint64_t{1});
      continue;
    }
    // Now and then a value with segments of its own.
    value.assign(random.Below(64) == 0 ? 20000 : 1 + random.Below(40),
                 catzilla::LoadAcquire(&race.source[number]));
    const WriteStatus status =
        race.engine->Set(counters, key, reinterpret_cast<const uint8_t*>(&value[0]),
                         value.size() * 8, Since(version));
    const bool refused = status == WriteStatus::kVersion;
    catzilla::AddRelaxed(refused ? &race.refused : &race.stored, uint64_t{1});
  }
  race.engine->Detach(counters);
  return nullptr;
}

void RunRace(Engine& engine) {
  Race race{&engine, EnvironmentOr("CATZ_ROUNDS", 100000)};
  pthread_t threads[3];
  pthread_create(&threads[0], nullptr, Invalidate, &race);
  for (int i = 1; i < 3; i++) pthread_create(&threads[i], nullptr, FillAndRead, &race);
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
  CHECK_EQ(race.stale, 0u);
  CHECK(race.stored > 0 && race.refused > 0 && race.hits > 0);
  CHECK(IsConsistent(engine));
}

TEST("no fill that was overtaken by a delete or a clear survives it, over threads") {
  Cache cache(SmallOptions(8u << 20));
  RunRace(cache.engine());
}

#if defined(__linux__)
TEST("no fill that was overtaken by a delete or a clear survives it, in a shared arena") {
  Folder folder;
  Machine cache(folder.File(), MachineOptions(8u << 20));
  RunRace(cache.engine());
}

void* DeleteKey(void* context) {
  static_cast<Cache*>(context)->Delete("k");
  return nullptr;
}

// As if the process that writes stood still between publishing and the last look.
TEST("a removal that could not wait for a write to end overtakes it") {
  for (const size_t size : {size_t{100}, size_t{60000}}) {
    Folder folder;
    Machine cache(folder.File());
    EngineState state = Inside(cache.engine());
    const std::string name = "k";
    const Key key = cache.KeyOf(name);
    const WriteOptions options = Since(catzilla::VersionOf(state, key.hash));
    Shard& shard = state.ShardOf(key.hash);
    cache.Set("k", ValueFor(1, size));
    const WriteOptions now = Since(catzilla::VersionOf(state, key.hash));
    {
      catzilla::ShardLock lock(state, shard);
      CHECK(static_cast<bool>(lock));
      catzilla::Item* const item = catzilla::ItemOf(state, FindKey(state, shard, key));
      catzilla::StoreRelaxed(&item->sequence, 1u);
      CHECK(Confirm(state, shard, item, key, now));
      CHECK(!(item->sequence & 1));
      catzilla::StoreRelaxed(&item->sequence, 1u);
      pthread_t thread;
      pthread_create(&thread, nullptr, DeleteKey, static_cast<Cache*>(&cache));
      pthread_join(thread, nullptr);
      CHECK(!Confirm(state, shard, item, key, now));
      CHECK(!FindKey(state, shard, key));
    }
    CHECK(!cache.Get("k"));
    CHECK(cache.Set("k", "old", options) == WriteStatus::kVersion);
    CHECK(cache.Set("k", "old", now) == WriteStatus::kVersion);
    CHECK(IsConsistent(cache.engine()));
  }
}

TEST("a removal without the lock changes the version before it looks for the entry") {
  Folder folder;
  Machine cache(folder.File());
  EngineState state = Inside(cache.engine());
  const std::string name = "k";
  const uint64_t hash = cache.KeyOf(name).hash;
  const uint64_t before = catzilla::VersionOf(state, hash);
  catzilla::ShardLock lock(state, state.ShardOf(hash));
  pthread_t thread;
  pthread_create(&thread, nullptr, DeleteKey, static_cast<Cache*>(&cache));
  pthread_join(thread, nullptr);
  CHECK_EQ(catzilla::VersionOf(state, hash), before + 2);  // and once more when it is done
}
#endif

}  // namespace
}  // namespace catzilla_test
