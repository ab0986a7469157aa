// libFuzzer target: the input is patches to a file that was an arena, 5 bytes each (where: 3,
// aim and whether to add: 1, what: 1), after a first byte that chooses how the file was left:
// closed, as it was while it was open, or after another boot. Opening it must not crash, hang or
// serve a value that is not its key's own.
#include <cstdlib>

#include "../test/files.h"
#include "../test/values.h"

namespace catzilla_test {
namespace {

constexpr uint64_t kKeys = 100;

std::string NameOf(uint64_t key) { return "key" + std::to_string(key); }

// Small, for speed: no room to grow.
Options FuzzOptions() {
  Options options = MachineOptions();
  options.reserve_bytes = options.max_bytes;
  return options;
}

// Patches may be aimed at the header or the segment table, which a mutation of offsets finds too
// rarely by chance.
class Target {
 public:
  Target() : path_(folder_.File()) {
    {
      Machine cache(path_, FuzzOptions());
      const uint64_t tag = cache.TagOf("t");
      for (uint64_t i = 0; i < 300; i++) {
        const uint64_t key = i * 7 % kKeys;
        WriteOptions options;
        options.tags = &tag;
        options.tag_count = i % 3 == 0;
        cache.Set(NameOf(key), OwnValue(key, i, i % 100 == 0 ? 30000 : i % 400), options);
        if (i % 40 == 0) cache.Delete(NameOf(i % kKeys));
      }
      cache->InvalidateTag(tag);
      open_ = ReadFile(path_);
    }
    closed_ = ReadFile(path_);
  }

  void Run(const uint8_t* data, size_t size) {
    std::string file = data[0] & 1 ? closed_ : open_;
    const catzilla::Geometry geometry = HeaderOf(file).geometry;
    const bool closed = data[0] & 1;
    if (data[0] & 2) HeaderOf(file).boot_id[0] ^= 1;
    for (size_t at = 1; at + 5 <= size; at += 5) {
      const uint64_t raw = data[at] | data[at + 1] << 8 | data[at + 2] << 16;
      uint64_t where = raw % file.size();
      if (data[at + 3] & 2) where = raw % sizeof(catzilla::Header);
      if (data[at + 3] & 4) {
        where = geometry.segments_at + raw % (geometry.meta_bytes - geometry.segments_at);
      }
      // What a closed file's segments hold is taken as it was left.
      if (closed) where %= geometry.meta_bytes;
      char& byte = file[where];
      byte = static_cast<char>(data[at + 3] & 1 ? byte + data[at + 4] : data[at + 4]);
    }
    if (!WriteFile(path_, file)) std::abort();
    Machine cache(path_, FuzzOptions());
    if (!cache.IsOpen()) {
      if (cache.report.status == OpenStatus::kForeign) return;
      std::abort();
    }
    Operate(cache);
  }

 private:
  static void Operate(Cache& cache) {
    std::string value;
    uint64_t version = 0;
    for (uint64_t key = 0; key < kKeys; key++) {
      if (cache.Get(NameOf(key), &value) &&
          !IsOwnValue(key, value.data(), value.size(), &version)) {
        std::abort();
      }
    }
    cache->Sweep(cache.counters(), 10000);
    const uint64_t tag = cache.TagOf("t");
    WriteOptions options;
    options.tags = &tag;
    options.tag_count = 1;
    for (uint64_t i = 0; i < 60; i++) {
      const uint64_t key = i * 11 % kKeys;
      const WriteStatus stored =
          cache.Set(NameOf(key), OwnValue(key, i, i % 20 == 0 ? 40000 : i * 3), options);
      const bool found = cache.Get(NameOf(key), &value);
      if (stored != WriteStatus::kStored && stored != WriteStatus::kStoredInPlace) continue;
      if (!found || !IsOwnValue(key, value.data(), value.size(), &version) || version != i) {
        std::abort();
      }
    }
    cache->InvalidateTag(tag);
    if (cache.Get(NameOf(11), &value)) std::abort();
    if (!IsConsistent(cache.engine())) std::abort();
    cache->Clear();
    if (cache.GetStats().entries != 0 || cache.GetStats().bytes_live != 0) std::abort();
  }

  Folder folder_;
  std::string path_;
  std::string open_;
  std::string closed_;
};

}  // namespace
}  // namespace catzilla_test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static catzilla_test::Target target;
  if (size != 0) target.Run(data, size);
  return 0;
}
