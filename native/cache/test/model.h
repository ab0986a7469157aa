// A stream of operations run against the engine and a map at once. Used by the model test with a
// seeded stream and by the fuzzers with their bytes.
//
// Without eviction both must agree exactly; with it, what the engine returns must be the latest
// value, and what it does not return must have been evictable. Leased bytes must be at their
// release what they were at first, and what was evicted what its key's last value was, if nobody
// has written it since. Some writes say which version of the key they replace, rightly or not. An
// engine in a file may be closed and opened, or its file copied as it is and the copy opened, as
// after the death of all who had it open.
#ifndef CATZILLA_CACHE_TEST_MODEL_H_
#define CATZILLA_CACHE_TEST_MODEL_H_

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "fixture.h"
#include "inside.h"

#if defined(__linux__)
#include "files.h"
#endif

namespace catzilla_test {

// What chooses an operation, modulo this; the last one is Resize, which evicts.
inline constexpr uint32_t kModelOperations = 28;

class Model {
 public:
  explicit Model(const Options& options) : options_(options) {
    Open();
    // One in four models.
    keeps_evicted_ = (options.max_bytes >> 20) % 4 == 1;
    Keep();
    cache_->engine().SetTestClock(now_);
  }
  ~Model() {
    ReleaseAll();
    if (keeps_evicted_) engine().IgnoreEvicted();
  }

  // One operation; `what` chooses it, the rest are its arguments. False: they disagree.
  bool Apply(uint32_t what, uint32_t key_number, uint32_t size, uint32_t time) {
    const std::string key = KeyFor(key_number);
    switch (what % kModelOperations) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
      case 6:
        return Set(key, size % (options_.max_value_bytes + 64), time, false);
      case 7:
      case 8:
      case 9:
      case 10:
      case 11:
      case 12:
      case 13:
        return Get(key);
      case 14:
      case 15:
        return Delete(key);
      case 16:
        return Touch(key, time);
      case 17:
        return Advance(time % 64);
      case 18:
        engine().Sweep(cache_->counters(), time % 100);
        return Drain(time);
      case 19:
        return time % 512 == 0 ? Clear() : Get(key);
      case 20:
        return time % 16 == 0 ? Invalidate(time / 16 % kTags) : Get(key);
      case 21:
        return time % 4 == 0 ? Mark() : Set(key, size % 2000, time, true);
      case 22:
      case 23:
        return Lease(key);
      case 24:
      case 25:
        return leases_.empty() || Release(time % leases_.size());
      case 26:
        return time % 128 < 2 ? Reopen(time % 2 == 0) : Get(key);
      default:
        return time % 64 == 0 ? Resize(size) : Get(key);
    }
  }

  // Every key, the bound and the counts.
  bool Check() {
    for (const auto& [key, entry] : entries_) {
      std::string value;
      const bool live = entry.expires_at > now_;
      const bool found = cache_->Get(key, &value);
      if (found && (!live || value != ValueFor(entry.seed, entry.size))) return false;
      if (!found && live && !MayForget()) return false;
    }
    const Stats stats = cache_->GetStats();
    if (stats.bytes_used > stats.bytes_max || stats.bytes_live > stats.bytes_used) return false;
    return stats.leases == leases_.size() && stats.corrupt == 0 && IsConsistent(engine());
  }

  // Nothing but the model's own deletes ever removes an entry when this is false.
  bool MayForget() const {
    const Stats stats = cache_->GetStats();
    return stats.counters[Counter::kEvictions] + stats.counters[Counter::kRefusedNoRoom] > 0;
  }

  uint32_t reopenings() const { return reopenings_; }

 private:
  static constexpr uint32_t kTags = 8;
  static constexpr size_t kMostLeases = 8;

  struct Entry {
    uint64_t seed;
    size_t size;
    int64_t expires_at;
    uint32_t tags;  // a bit for each
  };
  struct Held {
    LeaseView view;
    std::string first;
  };

  Engine& engine() const { return cache_->engine(); }
  bool IsFile() const { return options_.scope == catzilla::Scope::kMachine; }

  void Open() {
#if defined(__linux__)
    if (IsFile()) {
      if (!folder_) folder_ = std::make_unique<Folder>();
      cache_ = std::make_shared<Machine>(Path(), options_);
      return;
    }
#endif
    cache_ = std::make_shared<Cache>(options_);
  }

  // Few keys are long, most are short; distinct numbers give distinct keys.
  static std::string KeyFor(uint32_t number) {
    std::string key = std::to_string(number);
    if (number % 16 == 3) key += std::string(number % 300, 'k');
    return key;
  }

  bool Set(const std::string& key, size_t size, uint32_t time, bool since) {
    const int64_t ttl = time % 3 == 0 ? kNeverExpires : 1 + time % 500;
    // Most entries have no tag, some have several.
    const uint32_t tags = time % 5 == 0 ? time / 5 % (1u << kTags) : 0;
    std::vector<uint64_t> hashes;
    for (uint32_t tag = 0; tag < kTags; tag++) {
      if (tags >> tag & 1) hashes.push_back(TagHash(tag));
    }
    WriteOptions options = WithTtl(ttl);
    options.tags = hashes.data();
    options.tag_count = static_cast<uint32_t>(hashes.size());
    options.has_since = since && marked_;
    options.since = mark_;
    const bool outdated = options.has_since && (cleared_ || (invalidated_ & tags) != 0);
    const uint64_t seed = ++seed_;
    options.has_version = time % 7 == 0;
    options.version = engine().Version(cache_->KeyOf(key));
    const bool overtaken = options.has_version && time % 2 == 0;
    if (overtaken && !Interfere(key, time)) return false;
    const WriteStatus status = cache_->Set(key, ValueFor(seed, size), options);
    if ((status == WriteStatus::kVersion) != overtaken) return false;
    if (overtaken) return Get(key);
    const bool too_large = size > options_.max_value_bytes;
    if ((status == WriteStatus::kTooLarge) != too_large) return false;
    // A large value that is outdated may have found no room before anybody looked. Of what was
    // before the floor nobody knows whether a tag was invalidated: then the engine says it was.
    const bool unknown =
        options.has_since && tags != 0 && mark_ < Inside(engine()).header->tag_floor;
    if (status == WriteStatus::kSince && !outdated && !unknown) return false;
    if (status == WriteStatus::kStored || status == WriteStatus::kStoredInPlace) {
      if (outdated) return false;
      entries_[key] = Entry{seed, size, ttl == kNeverExpires ? kNeverExpires : now_ + ttl, tags};
      return Get(key);
    }
    entries_.erase(key);
    return !cache_->Get(key);
  }

  // A write that changes the key's version.
  bool Interfere(const std::string& key, uint32_t time) {
    switch (time / 14 % 3) {
      case 0:
        return Delete(key);
      case 1:
        return Touch(key, time);
      default:
        return Set(key, 1 + time % 300, 1, false);
    }
  }

  void Keep() {
    catzilla::RingOptions actual;
    if (keeps_evicted_) engine().KeepEvicted(catzilla::RingOptions{65536, 0}, &actual);
  }
  bool Drain(uint64_t room) {
    struct Judgement {
      Model* model;
      bool good;
    };
    Judgement judgement{this, true};
    engine().DrainEvicted(
        room,
        [](void* context, const catzilla::EvictedView& view) {
          Judgement& here = *static_cast<Judgement*>(context);
          const std::string key(reinterpret_cast<const char*>(view.key), view.key_size);
          const std::string value(reinterpret_cast<const char*>(view.value), view.value_size);
          here.good = here.good && here.model->IsRight(key, value, view);
        },
        &judgement);
    return judgement.good;
  }
  // Only those that the model has not found missing yet can be told.
  bool IsRight(const std::string& key, const std::string& value,
               const catzilla::EvictedView& view) const {
    const auto entry = entries_.find(key);
    if (view.expires_at <= now_) return false;
    if (entry == entries_.end() || engine().Version(cache_->KeyOf(key)) != view.version)
      return true;
    return value == ValueFor(entry->second.seed, entry->second.size) &&
           view.expires_at == entry->second.expires_at;
  }

  bool IsLive(const std::string& key) const {
    const auto entry = entries_.find(key);
    return entry != entries_.end() && entry->second.expires_at > now_;
  }
  // What a read found, or that it found nothing.
  bool Judge(const std::string& key, bool found, const std::string& value) {
    const auto entry = entries_.find(key);
    const bool live = IsLive(key);
    if (found) return live && value == ValueFor(entry->second.seed, entry->second.size);
    if (live && !MayForget()) return false;
    if (live) entries_.erase(entry);
    return true;
  }

  bool Get(const std::string& key) {
    std::string value;
    const bool found = cache_->Get(key, &value);
    return Judge(key, found, value);
  }

  bool Delete(const std::string& key) {
    const bool live = IsLive(key);
    const bool deleted = cache_->Delete(key);
    entries_.erase(key);
    return deleted ? live : !live || MayForget();
  }

  bool Touch(const std::string& key, uint32_t time) {
    const bool live = IsLive(key);
    const int64_t ttl = 1 + time % 500;
    if (!engine().Touch(cache_->counters(), cache_->KeyOf(key), ttl)) return !live || MayForget();
    if (!live) return false;
    entries_[key].expires_at = now_ + ttl;
    return true;
  }

  bool Advance(int64_t by) {
    now_ += by;
    engine().SetTestClock(now_);
    return true;
  }

  bool Clear() {
    engine().Clear();
    entries_.clear();
    cleared_ = true;
    const Stats stats = cache_->GetStats();
    return stats.entries == 0 && stats.bytes_live == 0;
  }

  uint64_t TagHash(uint32_t tag) const { return cache_->TagOf("tag" + std::to_string(tag)); }
  bool Invalidate(uint32_t tag) {
    engine().InvalidateTag(TagHash(tag));
    invalidated_ |= 1u << tag;
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      entry = entry->second.tags >> tag & 1 ? entries_.erase(entry) : std::next(entry);
    }
    return true;
  }
  // From here on writes may say that they know nothing later.
  bool Mark() {
    mark_ = engine().Epoch();
    marked_ = true;
    cleared_ = false;
    invalidated_ = 0;
    return true;
  }

  bool Lease(const std::string& key) {
    if (leases_.size() >= kMostLeases) return Release(0);
    Held held;
    ReadInfo info;
    switch (engine().Lease(cache_->counters(), cache_->KeyOf(key), &held.view, &info)) {
      case ReadStatus::kHit:
        held.first.assign(reinterpret_cast<const char*>(held.view.data), info.size);
        leases_.push_back(held);
        return Judge(key, true, held.first);
      case ReadStatus::kMiss:
        return Judge(key, false, held.first);
      default:
        return IsLive(key);
    }
  }
  bool Release(size_t at) {
    const Held held = leases_[at];
    const bool same = std::memcmp(held.view.data, held.first.data(), held.first.size()) == 0;
    engine().Unlease(held.view.pin);
    leases_.erase(leases_.begin() + static_cast<std::ptrdiff_t>(at));
    return same;
  }
  bool ReleaseAll() {
    bool same = true;
    while (!leases_.empty()) same = Release(leases_.size() - 1) && same;
    return same;
  }

#if defined(__linux__)
  std::string Path() const { return folder_->File(std::to_string(files_)); }
  // Closed and opened again, or opened as a copy made while it was open, and leased.
  bool Reopen(bool closed) {
    if (!IsFile() || reopenings_ == kMostReopenings) return true;
    reopenings_++;
    const std::string before = Path();
    std::string copy;
    if (!closed) copy = ReadFile(before);
    bool good = ReleaseAll();
    if (keeps_evicted_) engine().IgnoreEvicted();
    cache_.reset();
    if (!closed) {
      unlink(before.c_str());
      files_++;
      good = WriteFile(Path(), copy) && good;
    }
    Open();
    const Opened opened = engine().opened();
    good = good && opened == (closed ? catzilla::Opened::kWarm : catzilla::Opened::kRecovered);
    Keep();
    engine().SetTestClock(now_);
    return good && IsConsistent(engine());
  }
  static constexpr uint32_t kMostReopenings = 40;
  std::unique_ptr<Folder> folder_;
#else
  bool Reopen(bool) { return true; }
#endif

  bool Resize(uint32_t size) {
    const uint64_t bytes = options_.max_bytes / 2 + size % (options_.max_bytes * 2);
    const ResizeStatus status = engine().Resize(cache_->counters(), bytes);
    return status != ResizeStatus::kOk || engine().max_bytes() == bytes;
  }

  std::shared_ptr<Cache> cache_;  // forgets its type, not how it is deleted
  Options options_;
  std::unordered_map<std::string, Entry> entries_;
  std::vector<Held> leases_;
  bool keeps_evicted_ = false;
  uint32_t files_ = 0;
  uint32_t reopenings_ = 0;
  // Far ahead of the real one, by which an opening decides what has expired.
  int64_t now_ = int64_t{1} << 36;
  uint64_t seed_ = 0;
  uint64_t mark_ = 0;
  bool marked_ = false;
  bool cleared_ = false;
  uint32_t invalidated_ = 0;  // tags since the mark
};

}  // namespace catzilla_test

#endif  // CATZILLA_CACHE_TEST_MODEL_H_
