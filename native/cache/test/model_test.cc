// Random operations against a map. CATZ_SEED repeats one run, CATZ_OPERATIONS makes it longer.
#include "model.h"

#include <cstdlib>
#include <ctime>

namespace catzilla_test {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

void RunModel(const Options& options, uint32_t keys, uint32_t largest, bool evicts) {
  const uint64_t seed = FromEnvironment("CATZ_SEED", static_cast<uint64_t>(std::time(nullptr)));
  const uint64_t operations = FromEnvironment("CATZ_OPERATIONS", 200000);
  Random random(seed);
  Model model(options);
  for (uint64_t i = 0; i < operations; i++) {
    const uint32_t what = static_cast<uint32_t>(random.Below(evicts ? 16 : 15));
    const uint32_t key = static_cast<uint32_t>(random.Below(keys));
    // Mostly small, now and then as large as allowed.
    const uint64_t usual = evicts ? 1500 : 300;
    const uint32_t size =
        static_cast<uint32_t>(random.Below(random.Below(50) == 0 ? largest : usual));
    const bool agreed = model.Apply(what, key, size, static_cast<uint32_t>(random.Below(1 << 20)));
    const bool complete = i % 20000 != 0 || model.Check();
    if (agreed && complete) continue;
    std::printf("  CATZ_SEED=%llu fails at operation %llu\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(i));
    CHECK(agreed);
    CHECK(complete);
    return;
  }
  CHECK(model.Check());
  CHECK_EQ(model.MayForget(), evicts);
}

TEST("random operations agree with a map when nothing needs to be evicted") {
  RunModel(SmallOptions(16u << 20), 3000, 4000, false);
}

TEST("random operations agree with a map under eviction by s3fifo") {
  RunModel(SmallOptions(1u << 20), 20000, 40000, true);
}

TEST("random operations agree with a map under eviction by lru") {
  Options options = SmallOptions(2u << 20);
  options.policy = Policy::kLru;
  RunModel(options, 20000, 40000, true);
}

TEST("random operations agree with a map over several shards") {
  RunModel(SmallOptions(8u << 20), 100000, 200000, true);
}

}  // namespace
}  // namespace catzilla_test
