// The ghost's length: what it remembers follows the number it is told, within the room of its
// table.
#include "../ghost.h"

#include <vector>

#include "fixture.h"

namespace catzilla_test {
namespace {

using catzilla::Ghost;
using catzilla::kGhostWays;

// How many of the last `last` of 20,000 keys are remembered.
int Remembered(uint64_t wanted, int last) {
  constexpr uint32_t kBuckets = 64;
  std::vector<uint16_t> table(size_t{kBuckets} * kGhostWays);
  Ghost ghost(table.data(), kBuckets, wanted);
  Random random(5);
  std::vector<uint64_t> hashes(20000);
  for (uint64_t& hash : hashes) ghost.Insert(hash = random.Next());
  int found = 0;
  for (size_t i = hashes.size() - last; i < hashes.size(); i++) found += ghost.Take(hashes[i]);
  return found;
}

TEST("the ghost remembers about as many keys as it is told") {
  for (const int wanted : {128, 256, 512}) {
    const int found = Remembered(wanted, 20000);
    CHECK(found >= wanted * 9 / 10 && found <= wanted * 11 / 10);
    CHECK(Remembered(wanted, wanted / 4) > wanted / 4 * 8 / 10);
  }
}

TEST("the ghost remembers no more than its table holds, and something when told nothing") {
  const int most = Remembered(uint64_t{1} << 40, 20000);
  CHECK(most > 1000 && most <= 1100);
  const int least = Remembered(0, 20000);
  CHECK(least >= 58 && least <= 80);
}

}  // namespace
}  // namespace catzilla_test
