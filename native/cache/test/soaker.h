// Soaker: one worker of a soak. Reads, leases, writes, removes and invalidates at random, and knows
// of every key the least version a read may still show.
//
// Invariant: a key is written by one worker only, so its versions rise; a floor is raised only
// after the call that justifies it returned, and read before the call that it judges.
#ifndef CATZILLA_CACHE_TEST_SOAKER_H_
#define CATZILLA_CACHE_TEST_SOAKER_H_

#include <vector>

#include "../tags.h"
#include "values.h"

namespace catzilla_test {

inline constexpr uint64_t kSoakKeys = 1000;
inline constexpr uint64_t kSoakTags = 8;
inline constexpr uint64_t kSoakWorkers = 4;

// What all workers share; may lie in memory that outlives them. All words are atomics.
struct SoakFloor {
  uint64_t least[kSoakKeys];
  uint64_t begun[kSoakKeys];  // the last version given out
  uint64_t done[kSoakKeys];   // the last one whose set has returned
  uint64_t operations[kSoakWorkers];
  uint64_t reads;
  uint64_t torn;   // not a whole value of the key
  uint64_t stale;  // older than it may be
  uint64_t moved;  // leased bytes that changed
  uint64_t over;   // times that more was used than the bound allows
  uint64_t stop;
};

class Soaker {
 public:
  // `number` of kSoakWorkers.
  Soaker(Engine& engine, SoakFloor* floor, uint64_t number, uint64_t seed)
      : engine_(engine),
        floor_(*floor),
        number_(number),
        random_(seed * 0x9e3779b97f4a7c15u + number),
        counters_(engine.Attach()) {
    for (int i = 0; i < 4; i++) random_.Next();
  }
  ~Soaker() {
    while (!leases_.empty()) Release(0);
    engine_.Detach(counters_);
  }
  Soaker(const Soaker&) = delete;
  Soaker& operator=(const Soaker&) = delete;

  void Step() {
    const uint64_t what = random_.Below(1000);
    const uint64_t key = random_.Below(kSoakKeys);
    if (what < 500) {
      Get(key);
    } else if (what < 600) {
      Lease(key);
    } else if (what < 900) {
      Set(Own(key));
    } else if (what < 950) {
      Delete(Own(key));
    } else if (what < 980) {
      const std::string name = NameOf(key);
      engine_.Touch(counters_, KeyOf(name), 1 + static_cast<int64_t>(random_.Below(100000)));
    } else if (what < 990) {
      Forget(random_.Below(kSoakTags), false);
    } else if (what < 998) {
      engine_.Sweep(counters_, 200);
      Stats stats;
      engine_.GetStats(&stats);
      if (stats.bytes_used > stats.bytes_max) catzilla::AddRelaxed(&floor_.over, uint64_t{1});
    } else if (random_.Below(100) == 0) {
      Forget(0, true);
    }
    catzilla::AddRelaxed(&floor_.operations[number_], uint64_t{1});
  }

  static std::string NameOf(uint64_t key) { return "soak" + std::to_string(key); }

 private:
  struct Held {
    uint64_t key;
    LeaseView view;
    uint32_t size;
  };

  Key KeyOf(const std::string& name) const {
    const uint8_t* const bytes = reinterpret_cast<const uint8_t*>(name.data());
    const uint32_t size = static_cast<uint32_t>(name.size());
    return Key{bytes, size, engine_.Hash(bytes, size)};
  }
  uint64_t Own(uint64_t key) const { return key / kSoakWorkers * kSoakWorkers + number_; }
  uint64_t TagHash(uint64_t tag) const {
    const uint8_t byte = static_cast<uint8_t>(tag);
    return engine_.HashTag(&byte, 1);
  }

  void Judge(uint64_t key, uint64_t least, const void* bytes, size_t size) {
    uint64_t version = 0;
    catzilla::AddRelaxed(&floor_.reads, uint64_t{1});
    if (!IsOwnValue(key, bytes, size, &version)) {
      catzilla::AddRelaxed(&floor_.torn, uint64_t{1});
    } else if (version < least) {
      catzilla::AddRelaxed(&floor_.stale, uint64_t{1});
      std::printf("  key %llu: version %llu, at least %llu\n", static_cast<unsigned long long>(key),
                  static_cast<unsigned long long>(version), static_cast<unsigned long long>(least));
    }
  }
  void Get(uint64_t key) {
    const std::string name = NameOf(key);
    const uint64_t least = catzilla::LoadSeqCst(&floor_.least[key]);
    ReadInfo info;
    if (buffer_.size() < 4096) buffer_.resize(4096);
    for (;;) {
      const ReadStatus status = engine_.Get(counters_, KeyOf(name), buffer_.data(),
                                            static_cast<uint32_t>(buffer_.size()), &info);
      if (status == ReadStatus::kHit) Judge(key, least, buffer_.data(), info.size);
      if (status != ReadStatus::kTooSmall) return;
      buffer_.resize(info.size);
    }
  }
  void Lease(uint64_t key) {
    const std::string name = NameOf(key);
    const uint64_t least = catzilla::LoadSeqCst(&floor_.least[key]);
    ReadInfo info;
    Held held{key, {}, 0};
    if (engine_.Lease(counters_, KeyOf(name), &held.view, &info) == ReadStatus::kHit) {
      held.size = info.size;
      Judge(key, least, held.view.data, held.size);
      leases_.push_back(held);
    }
    if (leases_.size() > 6) Release(random_.Below(leases_.size()));
  }
  void Release(size_t at) {
    const Held held = leases_[at];
    uint64_t version = 0;
    if (!IsOwnValue(held.key, held.view.data, held.size, &version)) {
      catzilla::AddRelaxed(&floor_.moved, uint64_t{1});
    }
    engine_.Unlease(held.view.pin);
    leases_[at] = leases_.back();
    leases_.pop_back();
  }
  void Set(uint64_t key) {
    const uint64_t version = catzilla::AddSeqCst(&floor_.begun[key], uint64_t{1}) + 1;
    const uint64_t kind = random_.Below(100);
    const uint64_t largest = engine_.options().max_value_bytes;
    const size_t size = kind < 80   ? random_.Below(1000)
                        : kind < 97 ? random_.Below(20000)
                                    : random_.Below(largest);
    const std::string name = NameOf(key), value = OwnValue(key, version, size);
    const uint64_t tag = TagHash(key % kSoakTags);
    WriteOptions options;
    options.tags = &tag;
    options.tag_count = key % 3 == 0;
    if (random_.Below(4) == 0) options.ttl = 1 + static_cast<int64_t>(random_.Below(2000));
    const WriteStatus status =
        engine_.Set(counters_, KeyOf(name), reinterpret_cast<const uint8_t*>(value.data()),
                    value.size(), options);
    const bool stored = status == WriteStatus::kStored || status == WriteStatus::kStoredInPlace;
    catzilla::RaiseTo(&floor_.least[key], version + !stored);
    catzilla::RaiseTo(&floor_.done[key], version);
  }
  // Above every version whose set had begun: with one writer of the key, that is all there are.
  void Delete(uint64_t key) {
    const std::string name = NameOf(key);
    engine_.Delete(counters_, KeyOf(name));
    catzilla::RaiseTo(&floor_.least[key], catzilla::LoadSeqCst(&floor_.begun[key]) + 1);
  }
  // A tag or everything. Only what had been stored before it began must be gone.
  void Forget(uint64_t tag, bool all) {
    const auto concerns = [&](uint64_t key) {
      return all || (key % 3 == 0 && key % kSoakTags == tag);
    };
    uint64_t before[kSoakKeys];
    for (uint64_t key = 0; key < kSoakKeys; key++) {
      before[key] = catzilla::LoadSeqCst(&floor_.done[key]);
    }
    if (all) {
      engine_.Clear();
    } else {
      engine_.InvalidateTag(TagHash(tag));
    }
    for (uint64_t key = 0; key < kSoakKeys; key++) {
      if (concerns(key)) catzilla::RaiseTo(&floor_.least[key], before[key] + 1);
    }
  }

  Engine& engine_;
  SoakFloor& floor_;
  uint64_t number_;
  Random random_;
  Counters* counters_;
  std::vector<uint8_t> buffer_;
  std::vector<Held> leases_;
};

}  // namespace catzilla_test

#endif  // CATZILLA_CACHE_TEST_SOAKER_H_
