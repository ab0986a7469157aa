// libFuzzer target: the input is a stream of operations for the model of test/model.h, 8 bytes
// each, after a first byte that chooses scope, policy and size. Any disagreement or damage aborts.
#include <cstdlib>

#include "../test/model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace catzilla_test;
  if (size == 0) return 0;
  Options options = SmallOptions(1u << (20 + data[0] % 4));
  options.policy = data[0] & 128 ? Policy::kLru : Policy::kS3Fifo;
#if defined(__linux__)
  // Each costs a file, so they are one in four.
  if ((data[0] >> 2 & 3) == 3) options.scope = catzilla::Scope::kMachine;
#endif
  Model model(options);
  size_t operations = 0;
  for (size_t at = 1; at + 8 <= size && operations < 1000; at += 8, operations++) {
    const uint32_t what = data[at];
    const uint32_t key = data[at + 1] | (data[at + 2] & 3) << 8;
    const uint32_t bytes = data[at + 3] | data[at + 4] << 8 | (data[at + 5] & 7) << 16;
    const uint32_t time = data[at + 6] | data[at + 7] << 8;
    // The upper bits of a size are rare, so most values stay small and the stream stays fast.
    const uint32_t length = (data[at + 2] & 0xf0) == 0xf0 ? bytes : bytes & 0x3ff;
    if (!model.Apply(what, key, length, time)) std::abort();
  }
  if (!model.Check()) std::abort();
  return 0;
}
