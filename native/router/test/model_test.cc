// Random tables and targets against the reference. CATZ_SEED repeats one run, CATZ_OPERATIONS makes
// it longer.
#include <ctime>

#include "generator.h"
#include "routes.h"

namespace catzilla_test {
namespace {

void Print(const Builder& builder, std::string_view target) {
  std::printf("  options %u, parameters of at most %u bytes\n", builder.options(),
              builder.max_param_length());
  for (const Pattern& pattern : builder.patterns()) {
    std::printf("  \"%s\"%s\n", pattern.text.c_str(), pattern.is_constrained ? " constrained" : "");
  }
  std::printf("  target (%zu bytes)", target.size());
  for (const char byte : target) std::printf(" %02x", static_cast<uint8_t>(byte));
  std::printf("\n");
}

// How often the trie said what.
struct Tally {
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t deferred[12] = {};

  void Count(const Match& match) {
    if (match.verdict == Verdict::kHit) hits++;
    if (match.verdict == Verdict::kMiss) misses++;
    if (match.verdict == Verdict::kDefer) deferred[static_cast<size_t>(match.reason)]++;
  }
  bool Has(std::initializer_list<DeferReason> reasons) const {
    return std::all_of(reasons.begin(), reasons.end(), [this](DeferReason reason) {
      return deferred[static_cast<size_t>(reason)] != 0;
    });
  }
  void Print(uint64_t targets) const {
    std::printf("  %llu targets, 0 differences: %llu hits, %llu misses",
                static_cast<unsigned long long>(targets), static_cast<unsigned long long>(hits),
                static_cast<unsigned long long>(misses));
    for (size_t i = 1; i < std::size(deferred); i++) {
      if (deferred[i] == 0) continue;
      std::printf(", %llu %s", static_cast<unsigned long long>(deferred[i]),
                  NameOf(static_cast<DeferReason>(i)));
    }
    std::printf("\n");
  }
};

// Why the trie of this table is wrong about the target, or nullptr.
const char* Fault(const Trie& trie, const Builder& builder, const Reference& reference,
                  std::string_view target, Tally* tally) {
  const Match match = FindIn(trie, target);
  tally->Count(match);
  const uint32_t pattern = match.verdict == Verdict::kHit ? builder.PatternOf(match.route) : 0;
  return Disagreement(match, pattern, reference, target);
}

Tally RunModel(uint64_t targets, uint64_t targets_of_a_table, bool is_deep) {
  const uint64_t seed = EnvironmentOr("CATZ_SEED", static_cast<uint64_t>(std::time(nullptr)));
  Random random(seed * 2);
  Tally tally;
  for (uint64_t i = 0; i < targets;) {
    Builder builder = RandomBuilder(&random, is_deep);
    const std::optional<Trie> trie = Trie::Load(builder.Build());
    const Reference reference(builder.patterns(), builder.options(), builder.max_param_length());
    for (uint64_t j = 0; j < targets_of_a_table; j++, i++) {
      // The one that makes a deep table deep is the last.
      const std::string target = is_deep && random.Below(2) == 0
                                     ? RandomTarget(&random, {builder.patterns().back()})
                                     : RandomTarget(&random, builder.patterns());
      const char* const fault = trie.has_value() ? Fault(*trie, builder, reference, target, &tally)
                                                 : "the image is refused";
      if (fault == nullptr) continue;
      std::printf("  CATZ_SEED=%llu fails at target %llu: %s\n",
                  static_cast<unsigned long long>(seed), static_cast<unsigned long long>(i), fault);
      Print(builder, target);
      CHECK(fault == nullptr);
      return tally;
    }
  }
  tally.Print(targets);
  return tally;
}

// A run that never meets a case proves nothing about it.
TEST("random tables answer random targets as the reference does") {
  const uint64_t targets = EnvironmentOr("CATZ_OPERATIONS", 1000000);
  const Tally tally = RunModel(targets, 40, false);
  CHECK(tally.hits > targets / 10);
  CHECK(tally.misses > targets / 20);
  CHECK(tally.Has({DeferReason::kEncoded, DeferReason::kNonAscii, DeferReason::kForm,
                   DeferReason::kRegex, DeferReason::kConstraint, DeferReason::kParamLength,
                   DeferReason::kDuplicateSlash}));
}

TEST("random tables near what a trie can bear answer as the reference does, or give up") {
  const Tally tally = RunModel(4000 + EnvironmentOr("CATZ_OPERATIONS", 1000000) / 20, 10, true);
  CHECK(tally.hits > 0);
  CHECK(tally.Has({DeferReason::kParamCount, DeferReason::kDepth}));
}

}  // namespace
}  // namespace catzilla_test
