// Several processes on one file, all of them well: what one writes the others read.
#if defined(__linux__)

#include <memory>

#include "peer.h"

namespace catzilla_test {
namespace {

TEST("what one process stores, deletes, renews, clears or invalidates, the others see at once") {
  Folder folder;
  Machine cache(folder.File());
  Peer a(folder.File()), b(folder.File()), c(folder.File());
  for (Peer* peer : {&a, &b, &c}) CHECK(peer->Ready() == "open");
  CHECK_EQ(cache.GetStats().processes, 4u);
  CHECK(a.Ask("set 1 7 100 red") == "stored");
  CHECK(b.Ask("set 2 8 60000") == "stored");
  CHECK(Look(cache, 1) == "7" && Look(cache, 2) == "8");
  for (Peer* peer : {&a, &b, &c}) CHECK(peer->Ask("get 1") == "7" && peer->Ask("get 2") == "8");
  CHECK(c.Ask("set 1 9 100 red") == "stored");
  CHECK(Look(cache, 1) == "9" && b.Ask("get 1") == "9");
  CHECK(cache.Delete(PeerKey(2)));
  CHECK(a.Ask("get 2") == "miss" && b.Ask("delete 2") == "no");
  CHECK(a.Ask("invalidate red") == "ok");
  CHECK(Look(cache, 1) == "miss" && c.Ask("get 1") == "miss");
  CHECK(Store(cache, 3, 1, 100) == "stored");
  cache->SetTestClock(10);
  CHECK(a.Ask("touch 3 50") == "yes");
  cache->SetTestClock(60);
  CHECK(b.Ask("get 3") == "miss");
  cache->SetTestClock(-1);
  for (uint64_t key = 10; key < 500; key++) Store(cache, key, key, 200);
  CHECK(c.Ask("clear") == "ok");
  CHECK(a.Ask("get 10") == "miss" && Look(cache, 499) == "miss");
  CHECK_EQ(cache.GetStats().entries, 0u);
  CHECK(IsConsistent(cache.engine()));
}

TEST("a write in one process changes the generation words of the others") {
  Folder folder;
  Machine cache(folder.File());
  Peer peer(folder.File());
  CHECK(peer.Ready() == "open");
  const std::string name = PeerKey(1);
  const Key key = cache.KeyOf(name);
  const uint32_t* const word =
      cache->generation_words() + (key.hash & (cache->generation_count() - 1));
  uint32_t seen = catzilla::LoadAcquire(word);
  for (const char* command : {"set 1 1 50", "set 1 2 50", "touch 1 1000", "delete 1", "clear"}) {
    peer.Ask(command);
    CHECK(catzilla::LoadAcquire(word) != seen);
    seen = catzilla::LoadAcquire(word);
  }
  const uint64_t epoch = cache->Epoch();
  peer.Ask("invalidate t");
  CHECK(cache->Epoch() > epoch);
}

TEST("the counts of a process stay when it leaves") {
  Folder folder;
  Machine cache(folder.File());
  {
    Peer peer(folder.File());
    CHECK(peer.Ready() == "open");
    peer.Ask("set 1 1 50");
    for (int i = 0; i < 10; i++) peer.Ask("get 1");
    peer.Ask("get 2");
    CHECK_EQ(cache.GetStats().attached, 2u);
    peer.process().Tell("exit");
    CHECK_EQ(peer.process().Wait(), 0);
  }
  const Stats stats = cache.GetStats();
  CHECK_EQ(stats.processes, 1u);
  CHECK_EQ(stats.attached, 1u);
  CHECK_EQ(stats.counters[Counter::kHits], 10u);
  CHECK_EQ(stats.counters[Counter::kMisses], 1u);
  CHECK_EQ(stats.counters[Counter::kSets], 1u);
}

TEST("whoever has a file open decides on its options, whatever another is given") {
  Folder folder;
  Peer peer(folder.File());
  CHECK(peer.Ready() == "open");
  CHECK(peer.Ask("set 1 1 50") == "stored");
  Machine cache(folder.File(), MachineOptions(4u << 20), ~0u);
  CHECK(cache.IsOpen() && cache->opened() == Opened::kAttached);
  CHECK_EQ(cache->max_bytes(), 1u << 20);
  CHECK(Look(cache, 1) == "1");
}

TEST("a file of another layout is refused while somebody has it open") {
  Folder folder;
  Peer peer(folder.File());
  CHECK(peer.Ready() == "open");
  const int file = open(folder.File().c_str(), O_RDWR | O_CLOEXEC);
  const uint32_t other = catzilla::kLayoutVersion + 1, ours = catzilla::kLayoutVersion;
  const off_t at = offsetof(catzilla::Header, layout_version);
  CHECK(pwrite(file, &other, 4, at) == 4);
  CHECK(StatusOf(folder.File()) == OpenStatus::kOtherLayout);
  CHECK(pwrite(file, &ours, 4, at) == 4);
  const uint64_t elsewhere = 1;
  CHECK(pwrite(file, &elsewhere, 8, offsetof(catzilla::Header, pid_namespace)) == 8);
  CHECK(StatusOf(folder.File()) == OpenStatus::kOtherNamespace);
  close(file);
}

TEST("the last of several to leave makes the file warm") {
  Folder folder;
  {
    Peer a(folder.File());
    CHECK(a.Ready() == "open");
    Peer b(folder.File());
    CHECK(b.Ready() == "open");
    a.Ask("set 1 5 50");
    a.process().Tell("exit");
    CHECK_EQ(a.process().Wait(), 0);
    CHECK(b.Ask("get 1") == "5");
    b.process().Tell("exit");
    CHECK_EQ(b.process().Wait(), 0);
  }
  Machine cache(folder.File());
  CHECK(cache->opened() == Opened::kWarm);
  CHECK(Look(cache, 1) == "5");
}

TEST("64 processes may have a file open, and the next one is told so") {
  Folder folder;
  std::vector<std::unique_ptr<Peer>> peers;
  for (uint32_t i = 0; i < catzilla::kMaxProcesses; i++) {
    peers.push_back(std::make_unique<Peer>(folder.File()));
  }
  for (const auto& peer : peers) CHECK(peer->Ready() == "open");
  CHECK(StatusOf(folder.File()) == OpenStatus::kTooManyProcesses);
  CHECK(peers[17]->Ask("set 1 1 50") == "stored");
  CHECK(peers[63]->Ask("get 1") == "1");
  peers[40]->process().Kill();
  Machine cache(folder.File());
  CHECK(cache.IsOpen() && Look(cache, 1) == "1");
  CHECK_EQ(cache.GetStats().processes, 64u);
}

}  // namespace
}  // namespace catzilla_test

#endif  // defined(__linux__)
