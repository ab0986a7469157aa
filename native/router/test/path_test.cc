// The end of a path: the eight bytes at a time of path.h against a reading byte by byte.
#include "../path.h"

#include "routes.h"

namespace catzilla_test {
namespace {

using catz::router::ReadPath;

// What is asked of ReadPath, the plain way.
DeferReason ReadSlowly(std::string_view target, uint32_t options, uint32_t* end) {
  if (target.size() > 8192) return DeferReason::kUrlLength;
  if (target.empty() || target[0] != '/') return DeferReason::kForm;
  for (*end = 1; *end < target.size(); ++*end) {
    const auto byte = static_cast<uint8_t>(target[*end]);
    if (byte == '%') return DeferReason::kEncoded;
    if (byte >= 0x80) return DeferReason::kNonAscii;
    if (byte == '?' || byte == '#' || ((options & 8) && byte == ';')) break;
  }
  const bool has_double = target.substr(0, *end).find("//") != std::string_view::npos;
  return (options & 4) && has_double ? DeferReason::kDuplicateSlash : DeferReason::kNone;
}

// True when both agree.
bool Agrees(std::string_view target, uint32_t options) {
  uint32_t end = 0, expected_end = 0;
  const DeferReason reason = ReadPath(Exact(target).view(), options, &end);
  const DeferReason expected = ReadSlowly(target, options, &expected_end);
  if (reason == expected && (reason != DeferReason::kNone || end == expected_end)) return true;
  std::printf("  options %u, %zu bytes: %s at %u, not %s at %u\n", options, target.size(),
              NameOf(reason), end, NameOf(expected), expected_end);
  return false;
}

// What a word of eight could mistake: what ends a path, what differs from that by one bit or by
// one, and the ends of the range.
constexpr uint8_t kBytes[] = {'%',  '?',  '#',  ';',  '/',  0x00, 0x01, 0x7f, 0x80, 0x81,
                              0xa5, 0xbf, 0xff, '$',  '>',  '"',  ':',  'a',  0x24, 0x26,
                              0x3e, 0x40, 0x22, 0x3a, 0x3c, 0xc0, 0xa3, 0xbb, 0x2e, 0x30};

TEST("every byte ends or undoes a path of any length up to 41 at any place as it should") {
  bool agrees = true;
  for (size_t size = 0; size <= 41; size++) {
    for (size_t place = 0; place < size; place++) {
      for (uint32_t byte = 0; byte < 256; byte++) {
        std::string target(size, 'a');
        target[0] = '/';
        target[place] = static_cast<char>(byte);
        for (const uint32_t options : {0u, 8u, 12u}) agrees = agrees && Agrees(target, options);
      }
    }
  }
  CHECK(agrees);
}

TEST("the first of two bytes counts, wherever the two stand") {
  bool agrees = true;
  for (size_t size = 2; size <= 26; size++) {
    for (size_t first = 1; first < size; first++) {
      for (size_t second = first + 1; second < size; second++) {
        for (const uint8_t one : kBytes) {
          for (const uint8_t other : {kBytes[0], kBytes[1], kBytes[2], kBytes[3], kBytes[4],
                                      kBytes[5], kBytes[8], kBytes[12], kBytes[13]}) {
            std::string target(size, 'z');
            target[0] = '/';
            target[first] = static_cast<char>(one);
            target[second] = static_cast<char>(other);
            agrees = agrees && Agrees(target, first % 2 == 0 ? 8 : 4);
          }
        }
      }
    }
  }
  CHECK(agrees);
}

TEST("random bytes end where a reading byte by byte ends") {
  const uint64_t seed = EnvironmentOr("CATZ_SEED", 6);
  Random random(seed);
  for (uint64_t i = 0; i < EnvironmentOr("CATZ_OPERATIONS", 400000); i++) {
    std::string target = "/";
    for (uint64_t j = random.Below(48); j > 0; j--) {
      const uint64_t kind = random.Below(32);
      target += static_cast<char>(kind == 0   ? kBytes[random.Below(std::size(kBytes))]
                                  : kind == 1 ? random.Below(256)
                                              : 0x41 + kind);
    }
    if (Agrees(target, static_cast<uint32_t>(random.Below(16)))) continue;
    std::printf("  CATZ_SEED=%llu\n", static_cast<unsigned long long>(seed));
    CHECK(false);
    return;
  }
}

TEST("no target and a target without a slash in front have another form") {
  uint32_t end = 0;
  CHECK(ReadPath({}, 0, &end) == DeferReason::kForm);
  CHECK(ReadPath("", 15, &end) == DeferReason::kForm);
  for (const std::string_view target : {"*", "a", "http://a/b", "?", "%2F", "\x80", "a/b"}) {
    CHECK(ReadPath(target, 0, &end) == DeferReason::kForm);
  }
}

TEST("a target of 8192 bytes is read, and one more is too long, whatever it holds") {
  std::string target(8192, 'a');
  target[0] = '/';
  CHECK(Agrees(target, 0));
  CHECK(Agrees(target + 'a', 0));
  target[8191] = '%';
  CHECK(Agrees(target, 0));
  CHECK(Agrees('?' + target, 0));
  target[1] = '?';
  CHECK(Agrees(target + "aaa", 0));
}

TEST("two slashes matter in the path and not behind it, and only where they are overlooked") {
  uint32_t end = 0;
  CHECK(ReadPath("//", 4, &end) == DeferReason::kDuplicateSlash);
  CHECK(ReadPath("/a//", 4, &end) == DeferReason::kDuplicateSlash);
  CHECK(ReadPath("/a/?//", 4, &end) == DeferReason::kNone);
  CHECK_EQ(end, 3u);
  CHECK(ReadPath("/a//", 11, &end) == DeferReason::kNone);
  CHECK_EQ(end, 4u);
}

}  // namespace
}  // namespace catzilla_test
