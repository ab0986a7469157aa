// A seeded 64-bit hash of bytes, of the wyhash family.
//
// Source: Wang Yi, "wyhash", final version 4 (public domain): 128-bit multiply and fold. Good on
// short keys, and all 64 bits are usable: shard, bucket, tag and generation slot take different
// ones.
#ifndef CATZILLA_CACHE_HASH_H_
#define CATZILLA_CACHE_HASH_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

namespace catzilla {

namespace hash_internal {
inline constexpr uint64_t kSecret0 = 0xa0761d6478bd642fu;
inline constexpr uint64_t kSecret1 = 0xe7037ed1a0b428dbu;
inline constexpr uint64_t kSecret2 = 0x8ebc6af09c88c6e3u;
inline constexpr uint64_t kSecret3 = 0x589965cc75374cc3u;

inline uint64_t Mix(uint64_t a, uint64_t b) {
#if defined(_MSC_VER) && !defined(__clang__)
  uint64_t high;
  const uint64_t low = _umul128(a, b, &high);
  return low ^ high;
#else
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
#endif
}
inline uint64_t Read64(const uint8_t* at) {
  uint64_t word;
  std::memcpy(&word, at, 8);
  return word;
}
inline uint64_t Read32(const uint8_t* at) {
  uint32_t word;
  std::memcpy(&word, at, 4);
  return word;
}
}  // namespace hash_internal

inline uint64_t HashBytes(const uint8_t* bytes, size_t size, uint64_t seed) {
  using namespace hash_internal;
  seed ^= Mix(seed ^ kSecret0, kSecret1);
  uint64_t a = 0, b = 0;
  if (size <= 16) {
    if (size >= 4) {
      const size_t middle = (size >> 3) << 2;
      a = Read32(bytes) << 32 | Read32(bytes + middle);
      b = Read32(bytes + size - 4) << 32 | Read32(bytes + size - 4 - middle);
    } else if (size > 0) {
      a = uint64_t{bytes[0]} << 16 | uint64_t{bytes[size >> 1]} << 8 | bytes[size - 1];
    }
  } else {
    size_t left = size;
    const uint8_t* at = bytes;
    if (left > 48) {
      uint64_t lane1 = seed, lane2 = seed;
      do {
        seed = Mix(Read64(at) ^ kSecret1, Read64(at + 8) ^ seed);
        lane1 = Mix(Read64(at + 16) ^ kSecret2, Read64(at + 24) ^ lane1);
        lane2 = Mix(Read64(at + 32) ^ kSecret3, Read64(at + 40) ^ lane2);
        at += 48;
        left -= 48;
      } while (left > 48);
      seed ^= lane1 ^ lane2;
    }
    while (left > 16) {
      seed = Mix(Read64(at) ^ kSecret1, Read64(at + 8) ^ seed);
      at += 16;
      left -= 16;
    }
    a = Read64(bytes + size - 16);
    b = Read64(bytes + size - 8);
  }
  a ^= kSecret1;
  b ^= seed;
  return Mix(Mix(a, b) ^ kSecret0 ^ size, Mix(b, a) ^ kSecret1);
}

}  // namespace catzilla

#endif  // CATZILLA_CACHE_HASH_H_
