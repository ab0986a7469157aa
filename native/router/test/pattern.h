// A pattern as find-my-way reads it: what builder.h inserts in a tree and reference.h matches as it
// is.
//
// Of a segment of several parameters or with a regular expression no more is kept than that it is
// one; nobody here can run it.
#ifndef CATZILLA_ROUTER_TEST_PATTERN_H_
#define CATZILLA_ROUTER_TEST_PATTERN_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../image.h"

namespace catzilla_test {

struct Token {
  enum Kind : uint8_t { kByte, kParam, kRegex, kWildcard } kind;
  uint8_t byte;  // of kByte

  bool operator==(const Token&) const = default;
};

struct Pattern {
  std::string text;
  bool is_constrained;
  std::vector<Token> tokens;
};

// The text without what the router overlooks.
inline std::string Tidied(std::string_view text, uint32_t options) {
  std::string tidy;
  for (const char byte : text) {
    const bool is_again = byte == '/' && !tidy.empty() && tidy.back() == '/';
    if (!is_again || !(options & catz::router::kIgnoreDuplicateSlashes)) tidy += byte;
  }
  const bool is_trimmed = (options & catz::router::kIgnoreTrailingSlash) != 0;
  if (is_trimmed && tidy.size() > 1 && tidy.back() == '/') tidy.pop_back();
  return tidy;
}

// nullopt: find-my-way would throw.
inline std::optional<Pattern> ReadPattern(std::string_view written, bool is_constrained,
                                          uint32_t options) {
  if (written.empty() || (written[0] != '/' && written[0] != '*')) return std::nullopt;
  const std::string text = Tidied(written, options);
  Pattern pattern{text, is_constrained, {}};
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] == '*') {
      if (i + 1 != text.size()) return std::nullopt;
      pattern.tokens.push_back({Token::kWildcard, 0});
      continue;
    }
    if (text[i] == ':' && text[i + 1] != ':') {
      const size_t end = std::min(text.find('/', i), text.size());
      const std::string_view segment = std::string_view(text).substr(i + 1, end - i - 1);
      const bool is_regex = segment.find_first_of("(-.") != std::string_view::npos;
      pattern.tokens.push_back({is_regex ? Token::kRegex : Token::kParam, 0});
      i = end - 1;
      continue;
    }
    if (text[i] == ':') i++;
    const auto byte = static_cast<uint8_t>(text[i]);
    const bool is_capital = byte >= 'A' && byte <= 'Z';
    const bool folds = (options & catz::router::kFoldCase) && is_capital;
    pattern.tokens.push_back({Token::kByte, static_cast<uint8_t>(folds ? byte + 32 : byte)});
  }
  return pattern;
}

}  // namespace catzilla_test

#endif  // CATZILLA_ROUTER_TEST_PATTERN_H_
