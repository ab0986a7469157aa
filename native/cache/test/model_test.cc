// Random operations against a map. CATZ_SEED repeats one run, CATZ_OPERATIONS makes it longer.
#include "model.h"

#include <ctime>

#include "values.h"

namespace catzilla_test {
namespace {

void RunModel(const Options& options, uint32_t keys, uint32_t largest, bool evicts) {
  const uint64_t seed = EnvironmentOr("CATZ_SEED", static_cast<uint64_t>(std::time(nullptr)));
  const uint64_t operations = EnvironmentOr("CATZ_OPERATIONS", 200000);
  Random random(seed);
  Model model(options);
  // A short run may have stored too little to evict: it goes on until it has.
  const auto is_enough = [&](uint64_t i) {
    return i >= operations && (!evicts || model.MayForget() || i >= operations * 10);
  };
  for (uint64_t i = 0; !is_enough(i); i++) {
    const uint32_t what = static_cast<uint32_t>(random.Below(kModelOperations - !evicts));
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
  CHECK_EQ(model.reopenings() > 0, options.scope == catzilla::Scope::kMachine);
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

#if defined(__linux__)
TEST("random operations agree with a map over a file that is closed, copied and opened") {
  Options options = SmallOptions(4u << 20);
  options.scope = catzilla::Scope::kMachine;
  RunModel(options, 1000, 4000, false);
}

TEST("random operations agree with a map over a file under eviction") {
  Options options = SmallOptions(1u << 20);
  options.scope = catzilla::Scope::kMachine;
  RunModel(options, 20000, 40000, true);
}
#endif

}  // namespace
}  // namespace catzilla_test
