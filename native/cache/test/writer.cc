#if defined(__linux__)

#include "writer.h"

#include <sys/ptrace.h>

#include "../atomics.h"

namespace catzilla_test {

using catzilla::StoreRelease;

namespace {

uint64_t TagOfKey(uint64_t key) { return key % (kWriterTags * 2); }  // half of the keys have none

class Writer {
 public:
  Writer(Cache& cache, Account* account, uint64_t seed, uint64_t largest)
      : cache_(cache), account_(*account), random_(seed * 0x9e3779b97f4a7c15u + 1) {
    largest_ = largest;
    for (int i = 0; i < 4; i++) random_.Next();
  }

  void Step() {
    const uint64_t what = random_.Below(1000);
    const uint64_t key = random_.Below(kWriterKeys);
    if (what < 600) {
      Set(key);
    } else if (what < 720) {
      Delete(key);
    } else if (what < 800) {
      const std::string name = WriterKey(key);
      cache_->Touch(cache_.counters(), cache_.KeyOf(name), kNeverExpires);
    } else if (what < 900) {
      cache_.Get(WriterKey(key));
    } else if (what < 970) {
      Lease(key);
    } else if (what < 985) {
      cache_->Sweep(cache_.counters(), 50);
    } else if (what < 994) {
      Invalidate(random_.Below(kWriterTags));
    } else if (what < 998) {
      const uint64_t bytes = cache_->options().max_bytes;
      cache_->Resize(cache_.counters(), bytes + random_.Below(2) * (bytes / 2));
    } else {
      Clear();
    }
    StoreRelease(&account_.operations, account_.operations + 1);
  }

 private:
  void Set(uint64_t key) {
    const uint64_t version = account_.version + 1;
    StoreRelease(&account_.version, version);
    const uint64_t hash = cache_.TagOf("tag" + std::to_string(TagOfKey(key)));
    WriteOptions options;
    options.tags = &hash;
    options.tag_count = TagOfKey(key) < kWriterTags;
    const size_t size = random_.Below(60) == 0 ? random_.Below(largest_) : random_.Below(500);
    const std::string value = OwnValue(key, version, size);
    StoreRelease(&account_.begun[key], version * 2);
    const WriteStatus status = cache_.Set(WriterKey(key), value, options);
    const bool stored = status == WriteStatus::kStored || status == WriteStatus::kStoredInPlace;
    Finish(key, version * 2 + !stored);
  }
  void Delete(uint64_t key) {
    const uint64_t now = account_.finished[key] | 1;
    StoreRelease(&account_.begun[key], now);
    cache_.Delete(WriterKey(key));
    Finish(key, now);
  }
  void Finish(uint64_t key, uint64_t state) {
    StoreRelease(&account_.finished[key], state);
    StoreRelease(&account_.begun[key], state);
  }
  void Lease(uint64_t key) {
    // Over several writes, so that what was leased is given back meanwhile.
    const std::string name = WriterKey(key);
    LeaseView view;
    ReadInfo info;
    if (cache_->Lease(cache_.counters(), cache_.KeyOf(name), &view, &info) != ReadStatus::kHit) {
      return;
    }
    Set(key);
    Set(random_.Below(kWriterKeys));
    Delete(key);
    cache_->Unlease(view.pin);
  }
  void Invalidate(uint64_t tag) {
    StoreRelease(&account_.invalidating, tag + 1);
    cache_->InvalidateTag(cache_.TagOf("tag" + std::to_string(tag)));
    for (uint64_t key = 0; key < kWriterKeys; key++) {
      if (TagOfKey(key) == tag) Finish(key, account_.finished[key] | 1);
    }
    StoreRelease(&account_.invalidating, uint64_t{0});
  }
  void Clear() {
    StoreRelease(&account_.clearing, uint64_t{1});
    cache_->Clear();
    for (uint64_t key = 0; key < kWriterKeys; key++) Finish(key, account_.finished[key] | 1);
    StoreRelease(&account_.clearing, uint64_t{0});
  }

  Cache& cache_;
  Account& account_;
  Random random_;
  uint64_t largest_;
};

// PATH ACCOUNT BYTES SEED STEPS: after so many steps it stops and asks to be traced; 0: never.
CHILD("writer") {
  const uint64_t bytes = std::strtoull(arguments[2].c_str(), nullptr, 10);
  Account* const account = MapAccount(arguments[1]);
  Machine cache(arguments[0], MachineOptions(bytes));
  if (!cache.IsOpen() || account == nullptr) return 1;
  Writer writer(cache, account, std::strtoull(arguments[3].c_str(), nullptr, 10),
                cache->options().max_value_bytes / 8);
  const uint64_t steps = std::strtoull(arguments[4].c_str(), nullptr, 10);
  Say("open");
  for (uint64_t i = 1;; i++) {
    writer.Step();
    if (i == steps) {
      if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) return 2;
      raise(SIGSTOP);
    }
  }
}

}  // namespace

bool Settle(Cache& cache, Account* account, bool strict) {
  uint64_t wrong = 0, lost = 0;
  for (uint64_t key = 0; key < kWriterKeys; key++) {
    const uint64_t begun = account->begun[key], finished = account->finished[key];
    const bool under_way =
        begun != finished || account->clearing != 0 ||
        (account->invalidating != 0 && TagOfKey(key) + 1 == account->invalidating);
    std::string value;
    uint64_t version = 0;
    const bool found = cache.Get(WriterKey(key), &value);
    const bool whole = !found || IsOwnValue(key, value.data(), value.size(), &version);
    bool right = whole, moved = false;
    if (found) {
      right = whole && (version * 2 == finished || (begun != finished && version * 2 == begun));
    } else {
      right = (finished & 1) || finished == 0 || under_way || !strict;
      moved = !right && lost++ == 0;  // when its process died, and only one entry can have been
      right = right || moved;
    }
    if (!right && wrong++ < 5) {
      std::printf("  key %llu: found %d whole %d version %llu; begun %llu finished %llu\n",
                  static_cast<unsigned long long>(key), found, whole,
                  static_cast<unsigned long long>(version), static_cast<unsigned long long>(begun),
                  static_cast<unsigned long long>(finished));
    }
    if (!under_way && right && !moved) continue;
    cache.Delete(WriterKey(key));
    account->begun[key] = account->finished[key] = begun | 1;
  }
  account->clearing = account->invalidating = 0;
  return wrong == 0;
}

}  // namespace catzilla_test

#endif  // defined(__linux__)
