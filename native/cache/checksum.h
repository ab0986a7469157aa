// CRC-32C of bytes (polynomial 0x1EDC6F41, reflected), by the processor's own instruction where it
// has one: what tells a whole item from a torn one after a crash.
//
// Source: Castagnoli et al., "Optimization of cyclic redundancy-check codes with 24 and 32 parity
// bits" (1993); RFC 3720 appendix B.4 has test vectors. Not a defence against forgery.
#ifndef CATZILLA_CACHE_CHECKSUM_H_
#define CATZILLA_CACHE_CHECKSUM_H_

#include <cstddef>
#include <cstdint>

namespace catzilla {

// Continues `crc`, the result of an earlier part; 0 begins.
uint32_t Crc32c(uint32_t crc, const void* bytes, size_t size);
// The same without the processor's instruction, for tests.
uint32_t Crc32cPortable(uint32_t crc, const void* bytes, size_t size);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_CHECKSUM_H_
