// The path of a raw request target: where it ends, and whether bytes alone can decide it.
//
// find-my-way decodes '%', folds what is not ASCII by Unicode, cuts absolute targets, and ends a
// path at '?' or '#' (';' where told so) from the second byte on. Everything beyond the last is
// left to it.
#ifndef CATZILLA_ROUTER_PATH_H_
#define CATZILLA_ROUTER_PATH_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "image.h"

namespace catz::router {

inline constexpr uint32_t kMaxUrl = 8192;

// Why a target is not decided here. The numbers are public (catz_router_match.reason).
enum class DeferReason : uint8_t {
  kNone = 0,
  kEncoded = 1,          // '%' in the path
  kNonAscii = 2,         // a byte of 0x80 or more in it
  kForm = 3,             // does not begin with '/'
  kRegex = 4,            // a node with a regular expression was reached
  kConstraint = 5,       // the route found has constraints
  kParamCount = 6,       // more than kMaxParams parameters
  kDepth = 7,            // more alternatives than can wait
  kUrlLength = 8,        // longer than kMaxUrl
  kParamLength = 9,      // nothing matches but for a parameter that is too long
  kDuplicateSlash = 10,  // '//' where the router overlooks it
  kNoTable = 11          // a table without routes: nothing is published any more
};

namespace path_scan {

inline constexpr uint64_t kOnes = 0x0101010101010101;
inline constexpr uint64_t kHighs = 0x8080808080808080;

// A high bit in each byte that is zero; exact below the first such byte, which is all that is asked
// (H. S. Warren, Hacker's Delight, 6-1).
inline uint64_t ZeroBytes(uint64_t word) { return (word - kOnes) & ~word & kHighs; }
inline uint64_t BytesOf(uint64_t word, uint8_t byte) { return ZeroBytes(word ^ (kOnes * byte)); }

// A high bit in the first byte that ends a path or makes it undecidable.
inline uint64_t Stops(uint64_t word, bool semicolon) {
  uint64_t stops = (word & kHighs) | BytesOf(word, '%') | BytesOf(word, '?') | BytesOf(word, '#');
  if (semicolon) stops |= BytesOf(word, ';');
  return stops;
}

}  // namespace path_scan

// Sets *end to where the path ends. kNone: bytes decide.
inline DeferReason ReadPath(std::string_view target, uint32_t options, uint32_t* end) {
  if (target.size() > kMaxUrl) return DeferReason::kUrlLength;
  if (target.empty() || target[0] != '/') return DeferReason::kForm;
  const uint32_t size = static_cast<uint32_t>(target.size());
  const bool semicolon = (options & kSemicolonDelimiter) != 0;
  uint32_t at = 1;
  uint64_t stops = 0;
  for (; size - at >= 8; at += 8) {
    uint64_t word;
    std::memcpy(&word, target.data() + at, 8);
    stops = path_scan::Stops(word, semicolon);
    if (stops != 0) break;
  }
  if (stops == 0 && at < size) {
    uint64_t word = 0;
    std::memcpy(&word, target.data() + at, size - at);
    stops = path_scan::Stops(word, semicolon);
  }
  *end = stops == 0 ? size : at + static_cast<uint32_t>(std::countr_zero(stops) / 8);
  if (*end < size) {
    const auto stop = static_cast<uint8_t>(target[*end]);
    if (stop == '%') return DeferReason::kEncoded;
    if (stop >= 0x80) return DeferReason::kNonAscii;
  }
  if (options & kIgnoreDuplicateSlashes) {
    for (uint32_t i = 1; i < *end; i++) {
      if (target[i] == '/' && target[i - 1] == '/') return DeferReason::kDuplicateSlash;
    }
  }
  return DeferReason::kNone;
}

}  // namespace catz::router

#endif  // CATZILLA_ROUTER_PATH_H_
