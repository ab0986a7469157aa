// Files that are not what they were: cut, zeroed, of another layout, another boot, flipped bits
// anywhere. Opening one must not crash or hang, and what it then serves must be right.
// CATZ_DAMAGE says how many rounds of flips, CATZ_SEED repeats from one.
#if defined(__linux__)

#include <cstddef>
#include <ctime>

#include "child.h"
#include "files.h"
#include "values.h"

namespace catzilla_test {
namespace {

constexpr uint64_t kKeys = 3000;

std::string NameOf(uint64_t key) { return "key" + std::to_string(key); }

void Fill(Cache& cache, uint64_t seed) {
  Random random(seed);
  const uint64_t tag = cache.TagOf("t");
  for (int i = 0; i < 6000; i++) {
    const uint64_t key = random.Below(kKeys);
    WriteOptions options;
    options.tags = &tag;
    options.tag_count = i % 3 == 0;
    options.ttl = i % 5 == 0 ? 1000000 : kNeverExpires;
    const size_t size = i % 500 == 0 ? 20000 + random.Below(60000) : random.Below(400);
    cache.Set(NameOf(key), OwnValue(key, static_cast<uint64_t>(i), size), options);
    if (i % 7 == 0) cache.Get(NameOf(random.Below(kKeys)));
    if (i % 50 == 0) cache.Delete(NameOf(random.Below(kKeys)));
  }
  cache->InvalidateTag(tag);
}

// A file as its engine left it, and as it is while one has it open.
struct Sources {
  std::string clean;
  std::string open;
};

Sources MakeSources(const std::string& path) {
  Sources sources;
  {
    Machine cache(path);
    Fill(cache, 1);
    sources.open = ReadFile(path);
  }
  sources.clean = ReadFile(path);
  unlink(path.c_str());
  return sources;
}

// Every key read, then written over. False: a value that is not the key's own.
bool OperateOn(Cache& cache) {
  std::string value;
  uint64_t version = 0;
  bool right = true;
  for (uint64_t key = 0; key < kKeys; key++) {
    if (!cache.Get(NameOf(key), &value)) continue;
    right = right && IsOwnValue(key, value.data(), value.size(), &version);
  }
  catzilla::KeysCursor cursor;
  while (cache->Keys(
      &cursor, nullptr, 0, [](void*, const uint8_t*, uint32_t) {}, nullptr)) {
  }
  cache->Sweep(cache.counters(), 100000);
  Random random(3);
  for (uint64_t i = 0; i < 1500; i++) {
    const uint64_t key = random.Below(kKeys);
    const size_t size = i % 300 == 0 ? 50000 : random.Below(400);
    const WriteStatus stored = cache.Set(NameOf(key), OwnValue(key, i, size));
    if (stored != WriteStatus::kStored && stored != WriteStatus::kStoredInPlace) continue;
    const bool found = cache.Get(NameOf(key), &value);
    right = right && found && IsOwnValue(key, value.data(), value.size(), &version) && version == i;
  }
  const uint64_t tag = cache.TagOf("t");
  WriteOptions options;
  options.tags = &tag;
  options.tag_count = 1;
  cache.Set("tagged", "v", options);
  cache->InvalidateTag(tag);
  right = right && !cache.Get("tagged");
  cache->Clear();
  const Stats stats = cache.GetStats();
  return right && stats.entries == 0 && stats.bytes_live == 0 &&
         stats.bytes_used <= stats.bytes_max;
}

uint64_t CountRight(Cache& cache) {
  uint64_t found = 0, version = 0;
  std::string value;
  for (uint64_t key = 0; key < kKeys; key++) {
    if (!cache.Get(NameOf(key), &value)) continue;
    CHECK(IsOwnValue(key, value.data(), value.size(), &version));
    found++;
  }
  return found;
}

TEST("a file copied while it was open is recovered with all it held") {
  Folder folder;
  uint64_t held = 0;
  std::string copy;
  {
    Machine cache(folder.File());
    Fill(cache, 1);
    held = CountRight(cache);
    copy = ReadFile(folder.File());
  }
  CHECK(WriteFile(folder.File("copy"), copy));
  Machine cache(folder.File("copy"));
  CHECK(cache.IsOpen() && cache->opened() == Opened::kRecovered);
  CHECK(IsConsistent(cache.engine()));
  CHECK(held > 300);
  CHECK_EQ(CountRight(cache), held);
  CHECK_EQ(cache.GetStats().corrupt, 0u);
  CHECK_EQ(cache.GetStats().processes, 1u);
  CHECK_EQ(cache.GetStats().attached, 1u);
  CHECK(OperateOn(cache));
}

TEST("a file cut short anywhere starts anew") {
  Folder folder;
  const Sources sources = MakeSources(folder.File());
  for (const size_t left :
       {size_t{8}, size_t{100}, size_t{4096}, sources.clean.size() / 2, sources.clean.size() - 1}) {
    CHECK(WriteFile(folder.File(), sources.clean.substr(0, left)));
    Machine cache(folder.File());
    CHECK(cache.IsOpen() && cache->opened() == Opened::kRecreated);
    CHECK(cache->opened_reason() != nullptr);
    CHECK(OperateOn(cache));
  }
}

TEST("a file whose first bytes are zero, or that was never finished, starts anew") {
  Folder folder;
  Sources sources = MakeSources(folder.File());
  std::string zeroed = sources.clean;
  zeroed.replace(0, 4096, 4096, '\0');
  HeaderOf(sources.clean).life = catzilla::Life::kCreating;
  for (const std::string& file : {zeroed, sources.clean, std::string(1u << 20, '\0')}) {
    CHECK(WriteFile(folder.File(), file));
    Machine cache(folder.File());
    CHECK(cache.IsOpen() && cache->opened() == Opened::kRecreated);
    CHECK(cache->opened_reason() != nullptr);
    CHECK(OperateOn(cache));
  }
}

TEST("a file of another layout starts anew and says so") {
  Folder folder;
  const Sources sources = MakeSources(folder.File());
  for (int what = 0; what < 2; what++) {
    std::string other = sources.clean;
    if (what == 0) HeaderOf(other).layout_version++;
    if (what == 1) HeaderOf(other).layout_check ^= 1;
    CHECK(WriteFile(folder.File(), other));
    Machine cache(folder.File());
    CHECK(cache.IsOpen() && cache->opened() == Opened::kRecreated);
    CHECK(std::strstr(cache->opened_reason(), "layout") != nullptr);
    CHECK(OperateOn(cache));
  }
}

// A closed file of another boot, in which ten minutes have passed since.
std::string OfAnotherBoot(std::string file) {
  catzilla::Header& header = HeaderOf(file);
  header.boot_id[3] ^= 1;
  header.wall_epoch_ms -= 600000;
  header.epoch_ns = int64_t{1} << 60;
  // The bookkeeping's checksum, as whoever closes the file leaves it.
  header.bookkeeping_check = 0;
  const catzilla::Geometry& g = header.geometry;
  uint32_t crc = catzilla::Crc32c(0, file.data(), g.meta_bytes);
  const catzilla::Segment* const rows =
      reinterpret_cast<const catzilla::Segment*>(&file[g.segments_at]);
  for (uint32_t id = 0; id < g.segment_count; id++) {
    if (catzilla::RoleOf(rows[id]) != Role::kIndex) continue;
    const size_t at = g.meta_bytes + (size_t{id} << g.segment_shift);
    crc = catzilla::Crc32c(crc, &file[at], size_t{1} << g.segment_shift);
  }
  header.bookkeeping_check = crc;
  return file;
}

TEST("after a boot a closed file's clock goes on by the wall's") {
  Folder folder;
  {
    Machine cache(folder.File());
    cache.Set("short", "s", 60000);
    cache.Set("long", "l", 3600000);
    cache.Set("ever", "e");
  }
  CHECK(WriteFile(folder.File(), OfAnotherBoot(ReadFile(folder.File()))));
  Machine cache(folder.File());
  CHECK(cache.IsOpen() && cache->opened() == Opened::kWarm);
  CHECK(!cache.Get("short"));
  CHECK(cache.Get("long"));
  CHECK(cache.Get("ever"));
  CHECK(cache->Now() >= 600000 && cache->Now() < 700000);
}

TEST("after a boot a file that nobody closed starts anew: its pages may be of different ages") {
  Folder folder;
  {
    Machine cache(folder.File());
    cache.Set("k", "v");
    CHECK(WriteFile(folder.File("copy"), OfAnotherBoot(ReadFile(folder.File()))));
  }
  Machine cache(folder.File("copy"));
  CHECK(cache.IsOpen() && cache->opened() == Opened::kRecreated);
  CHECK(std::strstr(cache->opened_reason(), "machine went down") != nullptr);
  CHECK(!cache.Get("k"));
}

constexpr size_t kTables = 11;  // regions before the first segment

struct Region {
  const char* name;
  size_t from;
  size_t to;
};

std::vector<Region> RegionsOf(std::string& file) {
  const catzilla::Geometry g = HeaderOf(file).geometry;
  std::vector<Region> regions{{"header", 0, sizeof(catzilla::Header)},
                              {"processes", g.processes_at, g.shards_at},
                              {"shards", g.shards_at, g.counters_at},
                              {"counters", g.counters_at, g.generations_at},
                              {"generations", g.generations_at, g.visited_at},
                              {"visited", g.visited_at, g.tags_at},
                              {"tags", g.tags_at, g.directories_at},
                              {"directories", g.directories_at, g.ghosts_at},
                              {"ghosts", g.ghosts_at, g.pins_at},
                              {"pins", g.pins_at, g.segments_at},
                              {"segment table", g.segments_at, g.meta_bytes}};
  const catzilla::Segment* const rows =
      reinterpret_cast<const catzilla::Segment*>(&file[g.segments_at]);
  for (uint32_t id = 0; id < g.segment_count; id++) {
    const Role role = catzilla::RoleOf(rows[id]);
    const size_t at = g.meta_bytes + (size_t{id} << g.segment_shift);
    const size_t end = at + (size_t{1} << g.segment_shift);
    if (role == Role::kIndex) regions.push_back({"index", at, end});
    if (role == Role::kMain || role == Role::kSmall) regions.push_back({"log", at, end});
    if (role == Role::kLarge) regions.push_back({"large", at, at + 200});
  }
  return regions;
}

// Rounds of flips, each in one region; the seed of the one that is on is said before it.
CHILD("damage") {
  const std::string& path = arguments[0];
  const uint64_t first = std::strtoull(arguments[1].c_str(), nullptr, 10);
  const uint64_t rounds = std::strtoull(arguments[2].c_str(), nullptr, 10);
  const bool clean = arguments[3] == "clean";
  Sources sources = MakeSources(path);
  std::string& source = clean ? sources.clean : sources.open;
  const std::vector<Region> regions = RegionsOf(source);
  for (uint64_t seed = first; seed < first + rounds; seed++) {
    Random random(seed * 0x9e3779b97f4a7c15u);
    for (int i = 0; i < 4; i++) random.Next();
    // What a clean file's segments hold is taken as it was left.
    size_t chosen = random.Below(clean ? kTables : kTables + 3);
    // Each kind as likely as any other, though there are many logs.
    if (chosen >= kTables) chosen = kTables + random.Below(regions.size() - kTables);
    const Region& region = regions[chosen];
    Say(std::to_string(seed) + " " + region.name);
    std::string file = source;
    const uint64_t flips = 1 + random.Below(8);
    for (uint64_t i = 0; i < flips; i++) {
      const size_t at = region.from + random.Below(region.to - region.from);
      file[at] = static_cast<char>(file[at] ^ 1 << random.Below(8));
    }
    if (random.Below(8) == 0) HeaderOf(file).boot_id[0] ^= 1;
    alarm(30);
    if (!WriteFile(path, file)) return 4;
    Machine cache(path);
    if (!cache.IsOpen()) {
      if (chosen == 0 && cache.report.status == OpenStatus::kForeign) continue;  // the magic
      return 5;
    }
    if (!OperateOn(cache)) return 6;
    alarm(0);
  }
  Say("done");
  return 0;
}

void RunDamage(const char* kind) {
  Folder folder;
  const uint64_t rounds = EnvironmentOr("CATZ_DAMAGE", 150);
  const uint64_t seed = EnvironmentOr("CATZ_SEED", static_cast<uint64_t>(std::time(nullptr)));
  Child child("damage", {folder.File(), std::to_string(seed), std::to_string(rounds), kind});
  std::string last, line;
  while (line = child.Hear(), !line.empty()) last = line;
  const int code = child.Wait();
  CHECK_EQ(code, 0);
  CHECK(last == "done");
  if (code != 0) {
    std::printf("  CATZ_SEED=%s of a file that is %s: code %d\n", last.c_str(), kind, code);
  }
}

TEST("flipped bits in a file that nobody closed lose entries, not more") { RunDamage("open"); }

TEST("flipped bits in a closed file's bookkeeping lose entries, not more") { RunDamage("clean"); }

TEST("any wrong word in the header is found, or does no harm") {
  Folder folder;
  const Sources sources = MakeSources(folder.File());
  for (size_t at = 8; at < sizeof(catzilla::Header); at += 8) {
    for (const uint64_t flips : {uint64_t{1}, uint64_t{1} << 63, ~uint64_t{0}}) {
      std::string file = at % 16 == 0 ? sources.open : sources.clean;
      uint64_t word;
      std::memcpy(&word, &file[at], 8);
      word ^= flips;
      std::memcpy(&file[at], &word, 8);
      if (at % 48 == 0) HeaderOf(file).boot_id[5] ^= 1;
      CHECK(WriteFile(folder.File(), file));
      Machine cache(folder.File());
      CHECK(cache.IsOpen());
      if (!cache.IsOpen()) continue;
      cache->ClaimSweep(1000);
      CHECK(cache.Set("k", "v", 60000) == WriteStatus::kStored);
      const bool found = cache.Get("k");
      if (!found) {
        std::printf("  word at %zu, flips %llx: not found after set\n", at,
                    static_cast<unsigned long long>(flips));
      }
      CHECK(found);
      const uint64_t tag = cache.TagOf("t");
      WriteOptions options;
      options.tags = &tag;
      options.tag_count = 1;
      cache.Set("k", "v", options);
      CHECK(cache.Get("k"));
      cache->InvalidateTag(tag);
      CHECK(!cache.Get("k"));
      if (Failures() > 20) return;
    }
  }
}

}  // namespace
}  // namespace catzilla_test

#endif  // defined(__linux__)
