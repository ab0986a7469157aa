// What the engine's tests share: an engine that ends with its scope, and keys and values by number.
#ifndef CATZILLA_CACHE_TEST_FIXTURE_H_
#define CATZILLA_CACHE_TEST_FIXTURE_H_

#include <string>

#include "../../test/test.h"
#include "../engine.h"

namespace catzilla_test {

using catzilla::Counter;
using catzilla::Counters;
using catzilla::Engine;
using catzilla::Key;
using catzilla::kNeverExpires;
using catzilla::LeaseView;
using catzilla::OpenReport;
using catzilla::OpenStatus;
using catzilla::Options;
using catzilla::Place;
using catzilla::Policy;
using catzilla::ReadInfo;
using catzilla::ReadStatus;
using catzilla::ResizeStatus;
using catzilla::Stats;
using catzilla::WriteOptions;
using catzilla::WriteStatus;

inline Options SmallOptions(uint64_t max_bytes = 1u << 20) {
  Options options;
  options.max_bytes = max_bytes;
  options.reserve_bytes = max_bytes * 4;
  options.max_value_bytes = static_cast<uint32_t>(max_bytes / 8);
  return options;
}

inline WriteOptions WithTtl(int64_t ttl) {
  WriteOptions options;
  options.ttl = ttl;
  return options;
}

// One engine with a counter block of its own, and calls in terms of strings.
class Cache {
 public:
  explicit Cache(const Options& options = SmallOptions()) : Cache(Create(options)) {}
  // Takes over a reference; nullptr: there is no engine, and nothing may be called.
  explicit Cache(Engine* engine) : engine_(engine) {
    if (engine_ != nullptr) counters_ = engine_->Attach();
  }
  ~Cache() {
    if (engine_ == nullptr) return;
    engine_->Detach(counters_);
    engine_->Release();
  }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  Engine* operator->() const { return engine_; }
  Engine& engine() const { return *engine_; }
  Counters* counters() const { return counters_; }

  Key KeyOf(const std::string& key) const {
    const uint8_t* bytes = reinterpret_cast<const uint8_t*>(key.data());
    const uint32_t size = static_cast<uint32_t>(key.size());
    return Key{bytes, size, engine_->Hash(bytes, size)};
  }
  WriteStatus Set(const std::string& key, const std::string& value, int64_t ttl = kNeverExpires) {
    return Set(key, value, WithTtl(ttl));
  }
  WriteStatus Set(const std::string& key, const std::string& value, const WriteOptions& options) {
    return engine_->Set(counters_, KeyOf(key), reinterpret_cast<const uint8_t*>(value.data()),
                        value.size(), options);
  }
  uint64_t TagOf(const std::string& tag) const {
    return engine_->HashTag(reinterpret_cast<const uint8_t*>(tag.data()),
                            static_cast<uint32_t>(tag.size()));
  }
  // Whether the key is there; its value in *value.
  bool Get(const std::string& key, std::string* value = nullptr) {
    std::string buffer(64, '\0');
    ReadInfo info;
    for (;;) {
      const ReadStatus status =
          engine_->Get(counters_, KeyOf(key), reinterpret_cast<uint8_t*>(&buffer[0]),
                       static_cast<uint32_t>(buffer.size()), &info);
      if (status == ReadStatus::kMiss) return false;
      if (status == ReadStatus::kTooSmall) {
        buffer.resize(info.size);
        continue;
      }
      buffer.resize(info.size);
      if (value != nullptr) *value = buffer;
      return true;
    }
  }
  bool Delete(const std::string& key) { return engine_->Delete(counters_, KeyOf(key)); }
  Stats GetStats() const {
    Stats stats;
    engine_->GetStats(&stats);
    return stats;
  }

 private:
  static Engine* Create(const Options& options) {
    OpenStatus status;
    return Engine::Create(options, &status);
  }

  Engine* engine_;
  Counters* counters_ = nullptr;
};

// Bytes that differ for each (seed, size), so that any mix of two values shows.
inline std::string ValueFor(uint64_t seed, size_t size) {
  std::string value(size, '\0');
  const uint64_t word = Random(seed * 0x9e3779b97f4a7c15u + size).Next();
  for (size_t at = 0; at < size; at += 8) {
    const uint64_t mixed = word + at * 0x9e3779b97f4a7c15u;
    std::memcpy(&value[at], &mixed, size - at < 8 ? size - at : 8);
  }
  return value;
}

}  // namespace catzilla_test

#endif  // CATZILLA_CACHE_TEST_FIXTURE_H_
