// CRC-32C against the vectors of its standard, and its two forms against each other.
#include "../checksum.h"

#include <string>
#include <utility>

#include "../../test/test.h"

namespace catzilla_test {
namespace {

using catzilla::Crc32c;
using catzilla::Crc32cPortable;

struct Vector {
  std::string bytes;
  uint32_t crc;
};

std::string Counting(int first, int step) {
  std::string bytes(32, '\0');
  for (int i = 0; i < 32; i++) bytes[i] = static_cast<char>(first + i * step);
  return bytes;
}

TEST("the checksum of RFC 3720's examples is the one printed there") {
  // Appendix B.4; the last is a SCSI read command.
  std::string command(48, '\0');
  const std::pair<int, int> set[] = {{0, 0x01},  {1, 0xc0},  {16, 0x14}, {22, 0x04},
                                     {27, 0x14}, {31, 0x18}, {32, 0x28}, {40, 0x02}};
  for (const auto& [at, byte] : set) command[at] = static_cast<char>(byte);
  const Vector vectors[] = {
      {std::string(32, '\0'), 0x8a9136aau},
      {std::string(32, '\xff'), 0x62a8ab43u},
      {Counting(0, 1), 0x46dd794eu},
      {Counting(31, -1), 0x113fdb5cu},
      {command, 0xd9963a56u},
      {"123456789", 0xe3069283u},
      {"", 0},
  };
  for (const Vector& vector : vectors) {
    CHECK_EQ(Crc32c(0, vector.bytes.data(), vector.bytes.size()), vector.crc);
    CHECK_EQ(Crc32cPortable(0, vector.bytes.data(), vector.bytes.size()), vector.crc);
  }
}

TEST("the processor's instruction and the tables agree on any length and alignment") {
  Random random(3720);
  std::string bytes(5000, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.Next() >> 56);
  for (int i = 0; i < 20000; i++) {
    const size_t at = random.Below(64);
    const size_t size = random.Below(i % 10 == 0 ? bytes.size() - at : 100);
    const uint32_t before = static_cast<uint32_t>(random.Next());
    CHECK_EQ(Crc32c(before, &bytes[at], size), Crc32cPortable(before, &bytes[at], size));
  }
}

TEST("a checksum continued over parts is that of the whole") {
  Random random(8);
  std::string bytes(300, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.Next() >> 56);
  const uint32_t whole = Crc32c(0, bytes.data(), bytes.size());
  for (size_t cut = 0; cut <= bytes.size(); cut++) {
    const uint32_t first = Crc32c(0, bytes.data(), cut);
    CHECK_EQ(Crc32c(first, bytes.data() + cut, bytes.size() - cut), whole);
  }
}

TEST("any flipped bit changes the checksum") {
  std::string bytes = Counting(7, 3);
  const uint32_t whole = Crc32c(0, bytes.data(), bytes.size());
  for (size_t bit = 0; bit < bytes.size() * 8; bit++) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    CHECK(Crc32c(0, bytes.data(), bytes.size()) != whole);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
  }
}

}  // namespace
}  // namespace catzilla_test
