// One process and the file of a machine engine: opening, reopening, and what is refused.
#if defined(__linux__)

#include <sys/mount.h>

#include <cstddef>

#include "files.h"

namespace catzilla_test {
namespace {

TEST("a machine engine is created, closed and opened warm with all it held") {
  Folder folder;
  const std::string path = folder.File();
  std::string ghosts;
  uint64_t epoch = 0;
  {
    Machine cache(path);
    CHECK(cache.IsOpen() && cache->opened() == Opened::kCreated);
    cache->SetTestClock(1000);
    cache.Set("short", "s", 500);
    cache.Set("large", ValueFor(1, 100000));
    const uint64_t tag = cache.TagOf("t");
    WriteOptions options;
    options.tags = &tag;
    options.tag_count = 1;
    cache.Set("void", "v", options);
    cache->InvalidateTag(tag);
    cache.Set("tagged", "v", options);
    for (int i = 0; i < 20000; i++) cache.Set("f" + std::to_string(i), ValueFor(i, 100));
    cache.Set("short", "s", 500);
    cache.Set("tagged", "v", options);
    cache.Set("void", "v", 1);
    CHECK(cache.GetStats().counters[Counter::kEvictions] > 0);
    const EngineState state = Inside(cache.engine());
    ghosts.assign(reinterpret_cast<const char*>(state.ghosts),
                  state.header->geometry.pins_at - state.header->geometry.ghosts_at);
    epoch = cache->Epoch();
  }
  Machine cache(path);
  CHECK(cache.IsOpen() && cache->opened() == Opened::kWarm);
  CHECK(cache->opened_reason() == nullptr);
  cache->SetTestClock(1499);
  CHECK(cache.Get("short"));
  cache->SetTestClock(1500);
  CHECK(!cache.Get("short"));
  CHECK(!cache.Get("void"));
  CHECK(cache.Get("tagged"));
  std::string value;
  CHECK(cache.Get("f19999", &value) && value == ValueFor(19999, 100));
  CHECK_EQ(cache->Epoch(), epoch);
  cache->InvalidateTag(cache.TagOf("t"));
  CHECK(!cache.Get("tagged"));
  const EngineState state = Inside(cache.engine());
  CHECK(ghosts.find_first_not_of('\0') != std::string::npos);
  CHECK(std::memcmp(ghosts.data(), state.ghosts, ghosts.size()) == 0);
  CHECK(IsConsistent(cache.engine()));
  CHECK_EQ(cache.GetStats().processes, 1u);
}

TEST("opening a path twice in one process gives one engine") {
  Folder folder;
  OpenReport report;
  Engine* const a = OpenArena(folder.File(), &report);
  Engine* const b = OpenArena(folder.File(), &report, MachineOptions(2u << 20), ~0u);
  CHECK(a != nullptr && a == b);
  b->Release();
  a->Release();
}

TEST("the same file by two names is shared by two rows of one process") {
  Folder folder;
  Machine a(folder.File());
  Machine b(folder.File("./arena"));
  CHECK(b.IsOpen() && b->opened() == Opened::kAttached);
  CHECK(&a.engine() != &b.engine());
  a.Set("k", "v");
  CHECK(b.Get("k"));
  CHECK_EQ(a.GetStats().processes, 2u);
}

TEST("given options that differ make a file that nobody has open anew, others do not") {
  Folder folder;
  const std::string path = folder.File();
  const auto fill = [&] {
    Machine cache(path);
    cache.Set("k", "v");
  };
  const auto reopened = [&](const Options& options, uint32_t given) {
    Machine cache(path, options, given);
    const bool kept = cache.Get("k");
    CHECK_EQ(kept, cache->opened() != Opened::kRecreated);
    CHECK_EQ(kept, cache->opened_reason() == nullptr);
    return cache->opened();
  };
  struct Change {
    uint32_t given;
    void (*apply)(Options& options);
  };
  const Change changes[] = {
      {catzilla::kGivenMaxBytes, [](Options& o) { o.max_bytes *= 2; }},
      {catzilla::kGivenReserveBytes, [](Options& o) { o.reserve_bytes *= 2; }},
      {catzilla::kGivenMaxKeyBytes, [](Options& o) { o.max_key_bytes = 100; }},
      {catzilla::kGivenMaxValueBytes, [](Options& o) { o.max_value_bytes = 1000; }},
      {catzilla::kGivenPolicy, [](Options& o) { o.policy = Policy::kLru; }},
      {catzilla::kGivenLeaseShare, [](Options& o) { o.lease_share = 0.25; }},
      {catzilla::kGivenTtl, [](Options& o) { o.default_ttl = 1000; }},
  };
  for (const Change& change : changes) {
    unlink(path.c_str());
    fill();
    Options options = MachineOptions();
    change.apply(options);
    CHECK(reopened(options, ~change.given) == Opened::kWarm);
    CHECK(reopened(options, change.given) == Opened::kRecreated);
  }
}

TEST("options that contradict each other make no file") {
  Folder folder;
  Options options = MachineOptions();
  options.max_value_bytes = static_cast<uint32_t>(options.max_bytes);
  Machine cache(folder.File(), options);
  CHECK(cache.report.status == OpenStatus::kBadOptions);
  CHECK(ReadFile(folder.File()).empty());
}

TEST("unlinking leaves the engine to those who have it and the name to a new one") {
  Folder folder;
  Machine cache(folder.File());
  cache.Set("k", "v");
  cache->Unlink();
  CHECK(access(folder.File().c_str(), F_OK) != 0);
  CHECK(cache.Get("k"));
  // Another's file of that name stays.
  CHECK(WriteFile(folder.File(), "not ours"));
  cache->Unlink();
  CHECK(ReadFile(folder.File()) == "not ours");
}

TEST("after an unlink the same process gets a new engine, too") {
  Folder folder;
  Machine cache(folder.File());
  cache.Set("k", "v");
  cache->Unlink();
  Machine other(folder.File());
  CHECK(other.IsOpen() && other->opened() == Opened::kCreated);
  CHECK(!other.Get("k"));
}

TEST("a name of this process and a file of that path are two engines") {
  Folder folder;
  const std::string path = folder.File();
  OpenReport report;
  Engine* const named = Engine::Open(Place{path.data(), path.size()}, SmallOptions(), &report);
  Machine cache(path);
  CHECK(&cache.engine() != named);
  CHECK(cache->options().scope == Scope::kMachine);
  named->Release();
}

TEST("what is no plain file of ours alone is refused and left alone") {
  Folder folder;
  CHECK(WriteFile(folder.File("readable"), "x", 0644));
  CHECK(StatusOf(folder.File("readable")) == OpenStatus::kNotOurs);
  CHECK(WriteFile(folder.File("target"), ""));
  CHECK(symlink(folder.File("target").c_str(), folder.File("link").c_str()) == 0);
  CHECK(StatusOf(folder.File("link")) == OpenStatus::kNotOurs);
  CHECK(ReadFile(folder.File("target")).empty());
  CHECK(mkdir(folder.File("folder").c_str(), 0700) == 0);
  CHECK(StatusOf(folder.File("folder")) == OpenStatus::kNotOurs);
  CHECK(mkfifo(folder.File("pipe").c_str(), 0600) == 0);
  CHECK(StatusOf(folder.File("pipe")) == OpenStatus::kNotOurs);
  OpenReport report;
  CHECK(OpenArena(folder.File("absent/arena"), &report) == nullptr);
  CHECK(report.status == OpenStatus::kSystem && report.error == ENOENT);
  if (geteuid() == 0) {
    CHECK(WriteFile(folder.File("another's"), ""));
    CHECK(chown(folder.File("another's").c_str(), 12345, 12345) == 0);
    CHECK(StatusOf(folder.File("another's")) == OpenStatus::kNotOurs);
  }
}

TEST("a file that is no arena is refused and not touched") {
  Folder folder;
  for (const size_t size : {1u, 7u, 8u, 100u, 5000u, 300000u}) {
    const std::string text = ValueFor(size, size);
    CHECK(WriteFile(folder.File(), text));
    CHECK(StatusOf(folder.File()) == OpenStatus::kForeign);
    CHECK(ReadFile(folder.File()) == text);
  }
}

TEST("a file system without room says what was wanted and what there is") {
  Folder folder;
  const std::string mounted = folder.File("small");
  CHECK(mkdir(mounted.c_str(), 0700) == 0);
  if (mount("tmpfs", mounted.c_str(), "tmpfs", 0, "size=512k,mode=0700") != 0) {
    SKIP("mounting a file system takes root");
  }
  Machine cache(mounted + "/arena");
  CHECK(cache.report.status == OpenStatus::kNoSpace);
  CHECK(cache.report.wanted > 900000 && cache.report.wanted <= 1u << 20);
  CHECK(cache.report.available > 0 && cache.report.available <= 512u << 10);
  CHECK(ReadFile(mounted + "/arena").empty());
  CHECK(umount(mounted.c_str()) == 0);
}

TEST("growing into a full file system is refused and changes nothing") {
  Folder folder;
  const std::string mounted = folder.File("small");
  CHECK(mkdir(mounted.c_str(), 0700) == 0);
  if (mount("tmpfs", mounted.c_str(), "tmpfs", 0, "size=1536k,mode=0700") != 0) {
    SKIP("mounting a file system takes root");
  }
  {
    Machine cache(mounted + "/arena");
    CHECK(cache.IsOpen());
    cache.Set("k", "v");
    CHECK(cache->Resize(cache.counters(), 4u << 20) == ResizeStatus::kNoRoom);
    CHECK_EQ(cache->max_bytes(), 1u << 20);
    for (int i = 0; i < 20000; i++) cache.Set("f" + std::to_string(i), ValueFor(i, 200));
    CHECK(cache.GetStats().bytes_used <= 1u << 20);
    CHECK(IsConsistent(cache.engine()));
  }
  CHECK(umount(mounted.c_str()) == 0);
}

TEST("a file grows and shrinks with its bound, and keeps that over a reopening") {
  Folder folder;
  const auto memory = [&] {
    struct stat facts;
    return stat(folder.File().c_str(), &facts) == 0 ? uint64_t(facts.st_blocks) * 512 : 0;
  };
  {
    Machine cache(folder.File());
    const uint64_t before = memory();
    CHECK(before <= (1u << 20) + 4096);
    for (int i = 0; i < 5000; i++) cache.Set("k" + std::to_string(i), ValueFor(i, 100));
    const uint64_t entries = cache.GetStats().entries;
    CHECK(cache->Resize(cache.counters(), 3u << 20) == ResizeStatus::kOk);
    CHECK(memory() > before + (1u << 20));
    for (int i = 0; i < 20000; i++) cache.Set("k" + std::to_string(i), ValueFor(i, 100));
    CHECK(cache.GetStats().entries > entries * 2);
  }
  {
    Machine cache(folder.File());
    CHECK(cache->opened() == Opened::kWarm);
    CHECK_EQ(cache->max_bytes(), 3u << 20);
    CHECK(cache->Resize(cache.counters(), 1u << 20) == ResizeStatus::kOk);
    CHECK(cache.GetStats().bytes_used <= 1u << 20);
    CHECK(memory() <= (1u << 20) + 4096);
    CHECK(IsConsistent(cache.engine()));
    CHECK(cache.Get("k19999"));
  }
}

}  // namespace
}  // namespace catzilla_test

#endif  // defined(__linux__)
