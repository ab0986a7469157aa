// Values that tell whose they are: key, version, size and bytes that follow from them. What a read
// returns is right, torn or another's, and how old, without knowing what was written.
#ifndef CATZILLA_CACHE_TEST_VALUES_H_
#define CATZILLA_CACHE_TEST_VALUES_H_

#include <cstdlib>
#include <string>

#include "fixture.h"

namespace catzilla_test {

struct ValueHead {
  uint64_t key;
  uint64_t version;
  uint64_t size;
  uint64_t check;
};

inline uint64_t HeadCheck(const ValueHead& head) {
  return (head.key * 31 + head.version) * 0x9e3779b97f4a7c15u + head.size;
}
inline uint64_t WordOfValue(const ValueHead& head, size_t at) {
  return head.check + at * 0xd6e8feb86659fd93u;
}

// Of max(size, sizeof(ValueHead)) bytes.
inline std::string OwnValue(uint64_t key, uint64_t version, size_t size) {
  if (size < sizeof(ValueHead)) size = sizeof(ValueHead);
  ValueHead head{key, version, size, 0};
  head.check = HeadCheck(head);
  std::string value(size, '\0');
  std::memcpy(&value[0], &head, sizeof(head));
  for (size_t at = sizeof(head); at < size; at += 8) {
    const uint64_t word = WordOfValue(head, at);
    std::memcpy(&value[at], &word, size - at < 8 ? size - at : 8);
  }
  return value;
}

// Whether the bytes are a whole value of the key; its version in *version.
inline bool IsOwnValue(uint64_t key, const void* bytes, size_t size, uint64_t* version) {
  ValueHead head;
  if (size < sizeof(head)) return false;
  std::memcpy(&head, bytes, sizeof(head));
  if (head.key != key || head.size != size || head.check != HeadCheck(head)) return false;
  const char* const text = static_cast<const char*>(bytes);
  for (size_t at = sizeof(head); at < size; at += 8) {
    const uint64_t word = WordOfValue(head, at);
    if (std::memcmp(text + at, &word, size - at < 8 ? size - at : 8) != 0) return false;
  }
  *version = head.version;
  return true;
}

inline uint64_t EnvironmentOr(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace catzilla_test

#endif  // CATZILLA_CACHE_TEST_VALUES_H_
