// A process is killed, or stands still, where it hurts: holding each mutex, in a write, with leases
// and with segments nobody else knows of. The others go on, and every count is exact afterwards.
#if defined(__linux__)

#include <memory>

#include "../clock.h"
#include "peer.h"

namespace catzilla_test {
namespace {

constexpr uint64_t kBytes = 8u << 20;  // several shards
constexpr uint64_t kKeys = 2000;

struct Scene {
  Folder folder;
  Machine cache{folder.File(), MachineOptions(kBytes)};
  Peer peer{folder.File(), kBytes};

  Scene() {
    CHECK(cache.IsOpen());
    CHECK(peer.Ready() == "open");
    for (uint64_t key = 0; key < kKeys; key++) {
      CHECK(Store(cache, key, 1, key % 400 == 0 ? 50000 : 200, key % 2 ? "odd" : "") == "stored");
    }
  }
  // Keys that cannot be read as that version.
  uint64_t Lost(uint64_t version = 1) {
    uint64_t lost = 0;
    for (uint64_t key = 0; key < kKeys; key++) {
      const std::string seen = Look(cache, key);
      CHECK(seen != "bad");
      lost += seen != std::to_string(version);
    }
    return lost;
  }
};

TEST("a process killed with a shard's mutex loses nothing, and the next one recovers") {
  Scene scene;
  CHECK(scene.peer.Ask("hold shard 5") == "held");
  scene.peer.process().Kill();
  CHECK_EQ(scene.Lost(), 0u);
  CHECK_EQ(scene.cache.GetStats().recoveries, 0u);  // reads wait for nobody
  CHECK(Store(scene.cache, 5, 1, 200) == "stored");
  const Stats stats = scene.cache.GetStats();
  CHECK_EQ(stats.recoveries, 1u);
  CHECK_EQ(stats.entries, kKeys);
  CHECK_EQ(stats.corrupt, 0u);
  CHECK_EQ(scene.Lost(), 0u);
  CHECK(IsConsistent(scene.cache.engine()));
}

TEST("a process killed in a write loses the key it was writing, and no other") {
  Scene scene;
  CHECK(scene.peer.Ask("write 5") == "held");
  scene.peer.process().Kill();
  const std::string name = PeerKey(5);
  const Key key = scene.cache.KeyOf(name);
  const uint32_t* const word =
      scene.cache->generation_words() + (key.hash & (scene.cache->generation_count() - 1));
  const uint32_t before = catzilla::LoadAcquire(word);
  scene.cache->Sweep(scene.cache.counters(), 1000000);
  CHECK_EQ(scene.cache.GetStats().recoveries, 1u);
  CHECK(Look(scene.cache, 5) == "miss");
  CHECK(catzilla::LoadAcquire(word) != before);
  CHECK_EQ(scene.Lost(), 1u);
  CHECK_EQ(scene.cache.GetStats().entries, kKeys - 1);
  CHECK(IsConsistent(scene.cache.engine()));
}

TEST("a process killed with the arena's or the runs' mutex loses nothing") {
  for (const char* mutex : {"hold arena", "hold run"}) {
    Scene scene;
    CHECK(scene.peer.Ask(mutex) == "held");
    scene.peer.process().Kill();
    CHECK(Store(scene.cache, kKeys, 1, 100000) == "stored");
    CHECK_EQ(scene.cache.GetStats().recoveries, 1u);
    CHECK_EQ(scene.Lost(), 0u);
    scene.cache->Sweep(scene.cache.counters(), 1000);
    CHECK(IsConsistent(scene.cache.engine()));
  }
}

TEST("all mutexes at once, and the file closed and opened after that") {
  Scene scene;
  for (const char* command : {"hold run", "write 7", "hold arena"}) {
    CHECK(scene.peer.Ask(command) == "held");
  }
  scene.peer.process().Kill();
  Peer next(scene.folder.File(), kBytes);
  CHECK(next.Ready() == "open");
  CHECK(next.Ask("get 8") == "1");
  CHECK(next.Ask("set 7 2 300") == "stored");
  CHECK(Look(scene.cache, 7) == "2");
  CHECK_EQ(scene.Lost(), 1u);
  scene.cache->Sweep(scene.cache.counters(), 1000);
  CHECK(IsConsistent(scene.cache.engine()));
}

TEST("a file whose last process was killed with every mutex is recovered by the next") {
  Folder folder;
  {
    Peer peer(folder.File());
    CHECK(peer.Ready() == "open");
    for (int key = 0; key < 200; key++) peer.Ask("set " + std::to_string(key) + " 1 100");
    for (const char* command : {"lease 5", "claim 6", "hold run", "write 7", "hold arena"}) {
      peer.Ask(command);
    }
    peer.process().Kill();
  }
  Machine cache(folder.File());
  CHECK(cache.IsOpen() && cache->opened() == Opened::kRecovered);
  uint64_t found = 0;
  for (uint64_t key = 0; key < 200; key++) found += Look(cache, key) == "1";
  CHECK_EQ(found, 199u);
  CHECK_EQ(cache.GetStats().leases, 0u);
  CHECK_EQ(cache.GetStats().processes, 1u);
  CHECK(IsConsistent(cache.engine()));
}

TEST("leases of a killed process are given back by the sweep") {
  Scene scene;
  for (uint64_t key = 0; key < 900; key += 100) {
    CHECK(scene.peer.Ask("lease " + std::to_string(key)) == "leased");
  }
  for (uint64_t key = 0; key < kKeys; key++) scene.cache.Delete(PeerKey(key));
  CHECK(scene.peer.Ask("same") == "yes");
  CHECK(scene.cache.GetStats().bytes_quarantined > 0);
  CHECK_EQ(scene.cache.GetStats().leases, 9u);
  CHECK_EQ(scene.cache.GetStats().processes, 2u);
  scene.peer.process().Kill();
  scene.cache->Sweep(scene.cache.counters(), 1000);
  const Stats stats = scene.cache.GetStats();
  CHECK_EQ(stats.bytes_quarantined, 0u);
  CHECK_EQ(stats.leases, 0u);
  CHECK_EQ(stats.processes, 1u);
  CHECK_EQ(PinnedSegments(scene.cache.engine()), 0u);
  CHECK(IsConsistent(scene.cache.engine()));
}

TEST("a living process's leases stay through another's death and everything written") {
  Scene scene;
  Peer other(scene.folder.File(), kBytes);
  CHECK(other.Ready() == "open");
  for (const char* command : {"lease 3", "lease 400", "lease 77"}) {
    CHECK(other.Ask(command) == "leased");
    CHECK(scene.peer.Ask(command) == "leased");
  }
  CHECK(scene.peer.Ask("hold shard 3") == "held");
  scene.peer.process().Kill();
  scene.cache->Sweep(scene.cache.counters(), 1000);
  scene.cache->Clear();
  for (uint64_t key = 0; key < 60000; key++) Store(scene.cache, key, 2, 400);
  CHECK(other.Ask("same") == "yes");
  CHECK_EQ(scene.cache.GetStats().leases, 3u);
  CHECK(other.Ask("release") == "ok");
  scene.cache->Sweep(scene.cache.counters(), 1000);
  CHECK_EQ(scene.cache.GetStats().bytes_quarantined, 0u);
  CHECK(IsConsistent(scene.cache.engine()));
}

TEST("segments that a killed process had taken and not used go back") {
  Scene scene;
  const Stats before = scene.cache.GetStats();
  CHECK(scene.peer.Ask("claim 20") == "20");
  CHECK_EQ(scene.cache.GetStats().segments_free, before.segments_free - 20);
  scene.cache->Sweep(scene.cache.counters(), 1000);
  CHECK_EQ(scene.cache.GetStats().segments_free, before.segments_free - 20);  // it lives
  scene.peer.process().Kill();
  scene.cache->Sweep(scene.cache.counters(), 1000);
  CHECK_EQ(scene.cache.GetStats().segments_free, before.segments_free);
  CHECK(IsConsistent(scene.cache.engine()));
}

TEST("what a stopped process has locked can be read, removed and renewed, and not written") {
  Scene scene;
  Cache& cache = scene.cache;
  CHECK(scene.peer.Ask("hold shard 5") == "held");
  scene.peer.process().Stop();
  CHECK_EQ(scene.Lost(), 0u);
  const int64_t start = catzilla::MonotonicNs();
  CHECK(Store(cache, 5, 2, 200) == "timeout");
  CHECK(catzilla::MonotonicNs() - start < int64_t{5000000000});
  CHECK(Look(cache, 5) == "miss");  // what was to be replaced is not served
  // Keys of the same shard as 5.
  std::vector<uint64_t> locked;
  const EngineState state = Inside(cache.engine());
  const auto shard_of = [&](uint64_t key) {
    const std::string name = PeerKey(key);
    return &state.ShardOf(cache.KeyOf(name).hash);
  };
  for (uint64_t key = 6; key < kKeys && locked.size() < 4; key++) {
    if (shard_of(key) == shard_of(5)) locked.push_back(key);
  }
  CHECK(cache.Delete(PeerKey(locked[0])));
  CHECK(!cache.Delete(PeerKey(locked[0])));
  CHECK(Look(cache, locked[0]) == "miss");
  const std::string renewed = PeerKey(locked[1]);
  CHECK(cache->Touch(cache.counters(), cache.KeyOf(renewed), 3600000));
  ReadInfo info;
  CHECK(cache->Find(cache.KeyOf(renewed), &info) == ReadStatus::kHit);
  CHECK(info.expires_at != kNeverExpires);
  cache->InvalidateTag(cache.TagOf("odd"));
  for (uint64_t key = 1; key < kKeys; key += 2) CHECK(Look(cache, key) == "miss");
  // Other shards are as ever.
  uint64_t other = 6;
  while (shard_of(other) == shard_of(5)) other += 2;
  CHECK(Store(cache, other, 2, 300) == "stored");
  CHECK(Look(cache, other) == "2");
  CHECK_EQ(cache.GetStats().recoveries, 0u);
  scene.peer.process().Kill();
  CHECK(Store(cache, 5, 3, 200) == "stored");
  CHECK(Look(cache, 5) == "3");
  CHECK(Look(cache, locked[0]) == "miss");
  cache->Sweep(cache.counters(), 1000000);
  CHECK(IsConsistent(cache.engine()));
}

TEST("what is removed or replaced while its shard is being rebuilt does not come back") {
  for (const char* deed : {"delete", "set"}) {
    Scene scene;
    Cache& cache = scene.cache;
    CHECK(scene.peer.Ask("rebuild 5") == "held");
    if (deed[0] == 'd') CHECK(!cache.Delete(PeerKey(5)));
    if (deed[0] == 's') CHECK(Store(cache, 5, 2, 200) == "timeout");
    const EngineState state = Inside(cache.engine());
    uint64_t elsewhere = 0;
    for (uint64_t key = 0; key < kKeys; key++) {
      const std::string name = PeerKey(key), five = PeerKey(5);
      elsewhere += &state.ShardOf(cache.KeyOf(name).hash) != &state.ShardOf(cache.KeyOf(five).hash);
    }
    CHECK(elsewhere > 0);
    scene.peer.process().Kill();
    CHECK(Look(cache, 5) == "miss");
    cache->Sweep(cache.counters(), 1000000);
    CHECK_EQ(cache.GetStats().recoveries, 1u);
    CHECK(Look(cache, 5) == "miss");
    CHECK_EQ(scene.Lost(), kKeys - elsewhere);
    CHECK(Store(cache, 5, 3, 200) == "stored");
    CHECK(Look(cache, 5) == "3");
    CHECK(IsConsistent(cache.engine()));
  }
}

TEST("what is renewed while its shard is being rebuilt is not found, and nothing is lost") {
  Scene scene;
  CHECK(scene.peer.Ask("rebuild 5") == "held");
  const std::string name = PeerKey(5);
  CHECK(!scene.cache->Touch(scene.cache.counters(), scene.cache.KeyOf(name), 3600000));
  scene.peer.process().Kill();
  scene.cache->Sweep(scene.cache.counters(), 1000000);
  CHECK_EQ(scene.Lost(), 0u);
  CHECK(IsConsistent(scene.cache.engine()));
}

TEST("clear hides at once what a stopped process has locked, and it is gone when that goes on") {
  Scene scene;
  CHECK(scene.peer.Ask("hold shard 5") == "held");
  scene.peer.process().Stop();
  scene.cache->Clear();
  CHECK_EQ(scene.Lost(), kKeys);
  CHECK_EQ(scene.cache.GetStats().entries, 0u);
  uint64_t listed = 0;
  catzilla::KeysCursor cursor;
  const auto count = [](void* c, const uint8_t*, uint32_t) { ++*static_cast<uint64_t*>(c); };
  while (scene.cache->Keys(&cursor, nullptr, 0, count, &listed)) {
  }
  CHECK_EQ(listed, 0u);
  scene.peer.process().Continue();
  scene.peer.process().Kill();
  CHECK(Store(scene.cache, 5, 2, 200) == "stored");
  CHECK(Look(scene.cache, 5) == "2");
  CHECK_EQ(scene.cache.GetStats().entries, 1u);
  CHECK_EQ(scene.Lost(2), kKeys - 1);
  CHECK(IsConsistent(scene.cache.engine()));
}

TEST("a process stopped with the arena's mutex keeps nobody from reading or counting") {
  Scene scene;
  CHECK(scene.peer.Ask("hold arena") == "held");
  scene.peer.process().Stop();
  CHECK_EQ(scene.Lost(), 0u);
  CHECK_EQ(scene.cache.GetStats().entries, kKeys);
  CHECK(Store(scene.cache, 5, 1, 200) == "stored");
  for (uint64_t key = 0; key < kKeys; key++) CHECK(scene.cache.Delete(PeerKey(key)));
  scene.peer.process().Kill();
  scene.cache->Sweep(scene.cache.counters(), 1000000);
  CHECK_EQ(scene.cache.GetStats().entries, 0u);
  CHECK_EQ(scene.cache.GetStats().bytes_quarantined, 0u);
  CHECK(IsConsistent(scene.cache.engine()));
}

TEST("a stopped process that goes on finds all as it should be, and so do the others") {
  Scene scene;
  for (int round = 0; round < 20; round++) {
    scene.peer.process().Tell("set 9 " + std::to_string(round + 2) + " 200");
    scene.peer.process().Stop();
    for (uint64_t key = 10; key < 30; key++) Store(scene.cache, key, 1, 200 + round);
    scene.cache.Delete(PeerKey(31));
    scene.peer.process().Continue();
    CHECK(scene.peer.process().Hear() == "stored");
    CHECK(Look(scene.cache, 9) == std::to_string(round + 2));
    CHECK(Look(scene.cache, 31) == "miss");
  }
  CHECK(IsConsistent(scene.cache.engine()));
}

}  // namespace
}  // namespace catzilla_test

#endif  // defined(__linux__)
