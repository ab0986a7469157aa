// A stream of operations run against the engine and a map at once. Used by the model test with a
// seeded stream and by the fuzzer with its bytes.
//
// Without eviction both must agree exactly; with it, what the engine returns must be the latest
// value, and what it does not return must have been evictable.
#ifndef CATZILLA_CACHE_TEST_MODEL_H_
#define CATZILLA_CACHE_TEST_MODEL_H_

#include <string>
#include <unordered_map>

#include "fixture.h"

namespace catzilla_test {

class Model {
 public:
  explicit Model(const Options& options) : cache_(options), options_(options) {
    cache_->SetTestClock(now_);
  }

  // One operation; `what` chooses it, the rest are its arguments. False: they disagree.
  bool Apply(uint32_t what, uint32_t key_number, uint32_t size, uint32_t time) {
    const std::string key = KeyFor(key_number);
    switch (what % 16) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return Set(key, size % (options_.max_value_bytes + 64), time);
      case 5:
      case 6:
      case 7:
      case 8:
      case 9:
        return Get(key);
      case 10:
        return Delete(key);
      case 11:
        return Touch(key, time);
      case 12:
        return Advance(time % 64);
      case 13:
        cache_->Sweep(cache_.counters(), time % 100);
        return true;
      case 14:
        return time % 512 == 0 ? Clear() : Get(key);
      default:
        return time % 64 == 0 ? Resize(size) : Get(key);
    }
  }

  // Every key, the bound and the counts.
  bool Check() {
    for (const auto& [key, entry] : entries_) {
      std::string value;
      const bool live = entry.expires_at > now_;
      const bool found = cache_.Get(key, &value);
      if (found && (!live || value != ValueFor(entry.seed, entry.size))) return false;
      if (!found && live && !MayForget()) return false;
    }
    const Stats stats = cache_.GetStats();
    if (stats.bytes_used > stats.bytes_max || stats.bytes_live > stats.bytes_used) return false;
    return stats.entries <= entries_.size();
  }

  // Nothing but the model's own deletes ever removes an entry when this is false.
  bool MayForget() const {
    const Stats stats = cache_.GetStats();
    return stats.counters[Counter::kEvictions] + stats.counters[Counter::kRefusedNoRoom] > 0;
  }

  Cache& cache() { return cache_; }

 private:
  struct Entry {
    uint64_t seed;
    size_t size;
    int64_t expires_at;
  };

  // Few keys are long, most are short; distinct numbers give distinct keys.
  static std::string KeyFor(uint32_t number) {
    std::string key = std::to_string(number);
    if (number % 16 == 3) key += std::string(number % 300, 'k');
    return key;
  }

  bool Set(const std::string& key, size_t size, uint32_t time) {
    const int64_t ttl = time % 3 == 0 ? kNeverExpires : 1 + time % 500;
    const uint64_t seed = ++seed_;
    const WriteStatus status = cache_.Set(key, ValueFor(seed, size), ttl);
    const bool too_large = size > options_.max_value_bytes;
    if ((status == WriteStatus::kTooLarge) != too_large) return false;
    if (status == WriteStatus::kTooLarge || status == WriteStatus::kNoRoom) {
      entries_.erase(key);
      return !cache_.Get(key);
    }
    entries_[key] = Entry{seed, size, ttl == kNeverExpires ? kNeverExpires : now_ + ttl};
    return Get(key);
  }

  bool Get(const std::string& key) {
    std::string value;
    const bool found = cache_.Get(key, &value);
    const auto entry = entries_.find(key);
    const bool live = entry != entries_.end() && entry->second.expires_at > now_;
    if (found) return live && value == ValueFor(entry->second.seed, entry->second.size);
    if (live && !MayForget()) return false;
    if (live) entries_.erase(entry);
    return true;
  }

  bool Delete(const std::string& key) {
    const auto entry = entries_.find(key);
    const bool live = entry != entries_.end() && entry->second.expires_at > now_;
    const bool deleted = cache_.Delete(key);
    if (entry != entries_.end()) entries_.erase(entry);
    return deleted ? live : !live || MayForget();
  }

  bool Touch(const std::string& key, uint32_t time) {
    const auto entry = entries_.find(key);
    const bool live = entry != entries_.end() && entry->second.expires_at > now_;
    const int64_t ttl = 1 + time % 500;
    if (!cache_->Touch(cache_.counters(), cache_.KeyOf(key), ttl)) return !live || MayForget();
    if (!live) return false;
    entry->second.expires_at = now_ + ttl;
    return true;
  }

  bool Advance(int64_t by) {
    now_ += by;
    cache_->SetTestClock(now_);
    return true;
  }

  bool Clear() {
    cache_->Clear();
    entries_.clear();
    const Stats stats = cache_.GetStats();
    return stats.entries == 0 && stats.bytes_live == 0;
  }

  bool Resize(uint32_t size) {
    const uint64_t bytes = options_.max_bytes / 2 + size % (options_.max_bytes * 2);
    const ResizeStatus status = cache_->Resize(cache_.counters(), bytes);
    return status != ResizeStatus::kOk || cache_->max_bytes() == bytes;
  }

  Cache cache_;
  Options options_;
  std::unordered_map<std::string, Entry> entries_;
  int64_t now_ = 1;
  uint64_t seed_ = 0;
};

}  // namespace catzilla_test

#endif  // CATZILLA_CACHE_TEST_MODEL_H_
