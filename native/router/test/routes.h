// A table of patterns, loaded and asked. Targets and images lie in memory of exactly their size, so
// that ASan sees a read beyond.
#ifndef CATZILLA_ROUTER_TEST_ROUTES_H_
#define CATZILLA_ROUTER_TEST_ROUTES_H_

#include <cstdlib>
#include <initializer_list>

#include "../../test/test.h"
#include "builder.h"
#include "reference.h"

namespace catzilla_test {

using catz::router::Trie;

inline uint64_t EnvironmentOr(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// A copy of a text with nothing behind it.
class Exact {
 public:
  explicit Exact(std::string_view text) : bytes_(new char[text.size()]), size_(text.size()) {
    if (size_ != 0) std::memcpy(bytes_.get(), text.data(), size_);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_;
};

inline Match FindIn(const Trie& trie, std::string_view target) {
  Match match;
  trie.Find(Exact(target).view(), &match);
  return match;
}

// Every number that a trie gives must be one that its image tells.
inline bool IsSane(const Trie& trie, std::string_view target, const Match& match) {
  if (match.verdict != Verdict::kHit) return true;
  if (match.route >= trie.routes() || match.param_count > catz::router::kMaxParams) return false;
  if (match.path_end > target.size()) return false;
  for (uint32_t i = 0; i < match.param_count; i++) {
    if (match.params[i].begin > match.params[i].end || match.params[i].end > match.path_end)
      return false;
  }
  return true;
}

inline const char* NameOf(DeferReason reason) {
  static constexpr const char* kNames[] = {
      "none",        "encoded", "non-ascii",  "form",         "regex",           "constraint",
      "param-count", "depth",   "url-length", "param-length", "duplicate-slash", "no-table"};
  return kNames[static_cast<size_t>(reason)];
}

class Routes {
 public:
  Routes(std::initializer_list<std::string_view> patterns, uint32_t options = 0,
         uint32_t max_param_length = 100)
      : builder_(options, max_param_length) {
    for (const std::string_view text : patterns) Add(text);
  }

  void Add(std::string_view text, bool is_constrained = false) {
    CHECK(builder_.Add(text, is_constrained));
    trie_.reset();
  }

  Match Find(std::string_view target) { return FindIn(Loaded(), target); }

  // "/u/:id [42]", "miss" or "defer form". What the reference says otherwise is a failure.
  std::string Ask(std::string_view target) {
    const Match match = Find(target);
    const bool is_hit = match.verdict == Verdict::kHit;
    const uint32_t pattern = is_hit ? builder_.PatternOf(match.route) : 0;
    const Reference reference(builder_.patterns(), builder_.options(), builder_.max_param_length());
    const char* const disagreement = Disagreement(match, pattern, reference, target);
    if (disagreement != nullptr) Fail(__FILE__, __LINE__, disagreement);
    if (match.verdict == Verdict::kMiss) return "miss";
    if (!is_hit) return std::string("defer ") + NameOf(match.reason);
    std::string answer = builder_.patterns()[pattern].text;
    for (uint32_t i = 0; i < match.param_count; i++) {
      const auto [begin, end] = match.params[i];
      answer.append(" [").append(target.substr(begin, end - begin)).append("]");
    }
    return answer;
  }

  const Trie& Loaded() {
    if (!trie_.has_value()) {
      trie_ = Trie::Load(builder_.Build());
      if (!trie_.has_value()) std::abort();
    }
    return *trie_;
  }
  Image Build() { return builder_.Build(); }

 private:
  Builder builder_;
  std::optional<Trie> trie_;
};

inline void CheckAnswer(const char* file, int line, const std::string& answer,
                        std::string_view expected) {
  if (answer == expected) return;
  std::printf("  %s:%d: \"%s\", not \"%.*s\"\n", file, line, answer.c_str(),
              static_cast<int>(expected.size()), expected.data());
  Failures()++;
}

}  // namespace catzilla_test

#define CHECK_ANSWER(routes, target, expected) \
  catzilla_test::CheckAnswer(__FILE__, __LINE__, (routes).Ask(target), expected)

#endif  // CATZILLA_ROUTER_TEST_ROUTES_H_
