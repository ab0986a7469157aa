// Memory of the tests, counted: what is not given back shows, and what asks politely can be
// refused.
#ifndef CATZILLA_ROUTER_TEST_MEMORY_H_
#define CATZILLA_ROUTER_TEST_MEMORY_H_

#include <cstdint>

namespace catzilla_test {

// Pieces of memory that are in use, of all threads.
int64_t LiveBlocks();

// As long as it lives, this thread gets `count` more pieces by new (std::nothrow), and no other.
class OutOfMemory {
 public:
  explicit OutOfMemory(int64_t count);
  ~OutOfMemory();
  OutOfMemory(const OutOfMemory&) = delete;
  OutOfMemory& operator=(const OutOfMemory&) = delete;
};

}  // namespace catzilla_test

#endif  // CATZILLA_ROUTER_TEST_MEMORY_H_
