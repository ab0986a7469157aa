// Peer: a child process with a machine engine open that does what it is told, one line each, up to
// holding the engine's own mutexes. The commands stand in peer.cc. Linux only.
#ifndef CATZILLA_CACHE_TEST_PEER_H_
#define CATZILLA_CACHE_TEST_PEER_H_

#include "child.h"
#include "files.h"
#include "values.h"

namespace catzilla_test {

class Peer {
 public:
  // Ready says what came of opening: "open", or the number of an OpenStatus.
  explicit Peer(const std::string& path, uint64_t max_bytes = 1u << 20)
      : child_("peer", {path, std::to_string(max_bytes)}) {}
  std::string Ready() { return child_.Hear(); }
  std::string Ask(const std::string& command) {
    child_.Tell(command);
    return child_.Hear();
  }
  Child& process() { return child_; }

 private:
  Child child_;
};

inline std::string PeerKey(uint64_t key) { return "key" + std::to_string(key); }

// What a read of the key shows: "miss", "bad", or its version.
inline std::string Look(Cache& cache, uint64_t key) {
  std::string value;
  uint64_t version;
  if (!cache.Get(PeerKey(key), &value)) return "miss";
  if (!IsOwnValue(key, value.data(), value.size(), &version)) return "bad";
  return std::to_string(version);
}

inline const char* NameOf(WriteStatus status) {
  switch (status) {
    case WriteStatus::kStored:
    case WriteStatus::kStoredInPlace:
      return "stored";
    case WriteStatus::kLockTimeout:
      return "timeout";
    case WriteStatus::kNoRoom:
      return "no room";
    default:
      return "refused";
  }
}

inline std::string Store(Cache& cache, uint64_t key, uint64_t version, size_t size,
                         const std::string& tag = "") {
  const uint64_t hash = cache.TagOf(tag);
  WriteOptions options;
  options.tags = &hash;
  options.tag_count = tag.empty() ? 0 : 1;
  return NameOf(cache.Set(PeerKey(key), OwnValue(key, version, size), options));
}

}  // namespace catzilla_test

#endif  // CATZILLA_CACHE_TEST_PEER_H_
