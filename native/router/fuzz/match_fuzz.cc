// libFuzzer target: the first byte says how many bytes a table is made of, the rest is a target.
// The trie has to answer as the reference does; what it defers has to be deferred for that reason.
#include <cstdlib>

#include "../test/generator.h"
#include "../test/routes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace catzilla_test;
  if (size < 2) return 0;
  const size_t table = std::min<size_t>(data[0], size - 1);
  Bytes source(data + 1, table);
  const bool is_deep = source.Below(256) == 255;
  Builder builder = RandomBuilder(&source, is_deep);
  const std::optional<Trie> trie = Trie::Load(builder.Build());
  if (!trie.has_value()) std::abort();
  const Exact exact({reinterpret_cast<const char*>(data + 1 + table), size - 1 - table});
  const std::string_view target = exact.view();

  Match match;
  trie->Find(target, &match);
  if (!IsSane(*trie, target, match)) std::abort();
  const bool is_hit = match.verdict == Verdict::kHit;
  const Reference reference(builder.patterns(), builder.options(), builder.max_param_length());
  const uint32_t pattern = is_hit ? builder.PatternOf(match.route) : 0;
  if (Disagreement(match, pattern, reference, target) != nullptr) std::abort();

  const uint32_t ends[] = {static_cast<uint32_t>(target.size())};
  int32_t route = 0;
  const size_t deferred = trie->FindBatch(target, ends, &route);
  if (deferred != (match.verdict == Verdict::kDefer)) std::abort();
  if (is_hit && route != static_cast<int32_t>(match.route)) std::abort();
  if (match.verdict == Verdict::kMiss && route != Trie::kBatchMiss) std::abort();
  return 0;
}
