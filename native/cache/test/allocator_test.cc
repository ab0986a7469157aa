// Memory outside the arena, by whichever allocator this was built with.
#include "../allocator.h"

#include <cstdint>
#include <cstring>

#include "../../test/test.h"

namespace catzilla_test {
namespace {

using namespace catzilla;

TEST("zeroed memory is zero, also where something was before") {
  for (size_t size : {1u, 4096u, 3u << 20}) {
    void* const used = Allocate(size);
    CHECK(used != nullptr);
    std::memset(used, 0xAB, size);
    Free(used);
    uint8_t* const zeroed = static_cast<uint8_t*>(AllocateZeroed(size));
    CHECK(zeroed != nullptr);
    size_t others = 0;
    for (size_t i = 0; i < size; i++) others += zeroed[i] != 0;
    CHECK_EQ(others, 0u);
    Free(zeroed);
  }
}

TEST("a grown block keeps its bytes, and nothing is an empty block") {
  uint8_t* block = static_cast<uint8_t*>(Reallocate(nullptr, 1000));
  CHECK(block != nullptr);
  for (size_t i = 0; i < 1000; i++) block[i] = static_cast<uint8_t>(i * 7);
  block = static_cast<uint8_t*>(Reallocate(block, 5u << 20));
  CHECK(block != nullptr);
  size_t others = 0;
  for (size_t i = 0; i < 1000; i++) others += block[i] != static_cast<uint8_t>(i * 7);
  CHECK_EQ(others, 0u);
  Free(block);
  Free(nullptr);
}

TEST("New makes an object of its arguments and Delete ends it once") {
  struct Probe {
    int* ended;
    int64_t number;
    ~Probe() { ++*ended; }
  };
  int ended = 0;
  Probe* const probe = New<Probe>(&ended, int64_t{42});
  CHECK(probe != nullptr && probe->number == 42);
  Delete(probe);
  CHECK_EQ(ended, 1);
  Delete(static_cast<Probe*>(nullptr));
  CHECK_EQ(ended, 1);
}

TEST("the allocator names itself") {
#if defined(CATZ_JEMALLOC)
  CHECK(std::strcmp(AllocatorName(), "jemalloc") == 0);
#else
  CHECK(std::strcmp(AllocatorName(), "malloc") == 0);
#endif
}

}  // namespace
}  // namespace catzilla_test
