#include "checksum.h"

#include <cstring>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define CATZ_CRC_X64 1
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__linux__)
#define CATZ_CRC_ARM64 1
#include <sys/auxv.h>
#endif

namespace catzilla {

namespace {

constexpr uint32_t kPolynomial = 0x82f63b78u;  // reflected

struct Tables {
  uint32_t of[8][256];
  constexpr Tables() : of() {
    for (uint32_t byte = 0; byte < 256; byte++) {
      uint32_t crc = byte;
      for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? kPolynomial : 0);
      of[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; byte++) {
      for (int slice = 1; slice < 8; slice++) {
        of[slice][byte] = (of[slice - 1][byte] >> 8) ^ of[0][of[slice - 1][byte] & 0xff];
      }
    }
  }
};
constexpr Tables kTables;

uint64_t Word(const uint8_t* at) {
  uint64_t word;
  std::memcpy(&word, at, 8);
  return word;
}

// Slicing by eight: Kounavis and Berry, "A systematic approach to building high performance
// software-based CRC generators" (2005).
uint32_t Sliced(uint32_t crc, const uint8_t* at, size_t size) {
  for (; size >= 8; at += 8, size -= 8) {
    const uint64_t word = Word(at) ^ crc;
    crc = 0;
    for (int slice = 0; slice < 8; slice++) {
      crc ^= kTables.of[7 - slice][(word >> (8 * slice)) & 0xff];
    }
  }
  for (; size != 0; at++, size--) crc = (crc >> 8) ^ kTables.of[0][(crc ^ *at) & 0xff];
  return crc;
}

#if CATZ_CRC_X64
__attribute__((target("sse4.2"))) uint32_t ByProcessor(uint32_t crc, const uint8_t* at,
                                                       size_t size) {
  uint64_t wide = crc;
  for (; size >= 8; at += 8, size -= 8) wide = _mm_crc32_u64(wide, Word(at));
  crc = static_cast<uint32_t>(wide);
  for (; size != 0; at++, size--) crc = _mm_crc32_u8(crc, *at);
  return crc;
}
bool HasInstruction() { return __builtin_cpu_supports("sse4.2") != 0; }
#elif CATZ_CRC_ARM64
uint32_t ByProcessor(uint32_t crc, const uint8_t* at, size_t size) {
  for (; size >= 8; at += 8, size -= 8) {
    const uint64_t word = Word(at);
    __asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r"(crc) : "r"(word));
  }
  for (; size != 0; at++, size--) {
    const uint32_t byte = *at;
    __asm__(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1" : "+r"(crc) : "r"(byte));
  }
  return crc;
}
bool HasInstruction() { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }
#else
uint32_t ByProcessor(uint32_t crc, const uint8_t* at, size_t size) { return Sliced(crc, at, size); }
bool HasInstruction() { return false; }
#endif

}  // namespace

uint32_t Crc32c(uint32_t crc, const void* bytes, size_t size) {
  static const bool has_instruction = HasInstruction();
  const uint8_t* const at = static_cast<const uint8_t*>(bytes);
  return ~(has_instruction ? ByProcessor(~crc, at, size) : Sliced(~crc, at, size));
}

uint32_t Crc32cPortable(uint32_t crc, const void* bytes, size_t size) {
  return ~Sliced(~crc, static_cast<const uint8_t*>(bytes), size);
}

}  // namespace catzilla
