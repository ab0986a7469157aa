// Random tables and targets, of few letters, so that they meet. `Source` has Below(limit): a
// Random, or the bytes of a fuzzer.
#ifndef CATZILLA_ROUTER_TEST_GENERATOR_H_
#define CATZILLA_ROUTER_TEST_GENERATOR_H_

#include "builder.h"

namespace catzilla_test {

// Below a fuzzer's bytes; 0 when they are used up.
class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  uint64_t Below(uint64_t limit) {
    if (size_ == 0) return 0;
    size_--;
    return *data_++ % limit;
  }
  std::string_view Rest() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  const uint8_t* data_;
  size_t size_;
};

inline constexpr uint32_t kParamLengths[] = {100, 1, 3, 0};

template <class Source>
std::string RandomPattern(Source* source, uint64_t most_segments) {
  static constexpr std::string_view kTexts[] = {
      "a",  "b",  "ab", "abc", "B",        "aB", "",
      "::", ";a", "z-", "%",   "\xC3\xA9", "?x", "longerthaneight"};
  static constexpr std::string_view kParams[] = {":p", "a:p", "ab:longername", ":p(^x$)", ":p-:q"};
  if (source->Below(24) == 0) return "*";
  std::string text;
  for (uint64_t i = source->Below(most_segments + 1); i > 0; i--) {
    text += '/';
    const uint64_t kind = source->Below(8);
    // What defers is rare, or nothing else would be seen.
    if (kind < 3) {
      text += kParams[source->Below(source->Below(8) == 0 ? std::size(kParams) : 3)];
    } else {
      text += kTexts[source->Below(source->Below(3) == 0 ? std::size(kTexts) : 4)];
    }
  }
  if (text.empty()) text = "/";
  switch (source->Below(8)) {
    case 0:
      return text + '/';
    case 1:
      return text + "/*";
    case 2:
      return text.ends_with('p') || text.ends_with(')') ? text + "/a*" : text + '*';
    default:
      return text;
  }
}

// So many parameters, or so many alternatives on the way down, as a trie can just bear.
template <class Source>
void AddDeep(Source* source, Builder* builder) {
  if (source->Below(2) == 0) {
    std::string text;
    for (uint64_t i = 29 + source->Below(6); i > 0; i--) {
      text += "/:p";
      if (source->Below(8) == 0) text += "/a";
    }
    builder->Add(text);
    return;
  }
  std::string way = "/";
  for (uint64_t i = 62 + source->Below(12); i > 0; i--) {
    if (source->Below(32) != 0) builder->Add(way + ":p");
    if (source->Below(32) != 0) builder->Add(way + "*");
    way += "a/";
  }
  builder->Add(way + "a");
}

template <class Source>
Builder RandomBuilder(Source* source, bool is_deep = false) {
  const uint32_t options = source->Below(2) == 0 ? 0 : static_cast<uint32_t>(source->Below(16));
  const uint64_t length = source->Below(8);
  Builder builder(options, kParamLengths[length < std::size(kParamLengths) ? length : 0]);
  const uint64_t most_segments = source->Below(12) == 0 ? 40 : 5;
  for (uint64_t i = 1 + source->Below(is_deep ? 3 : 24); i > 0; i--) {
    builder.Add(RandomPattern(source, most_segments), source->Below(16) == 0);
  }
  if (is_deep) AddDeep(source, &builder);
  return builder;
}

template <class Source>
std::string RandomText(Source* source, uint64_t most) {
  static constexpr char kBytes[] = "aabb//zABp:-*x?#;%@\x80\0";
  std::string text;
  for (uint64_t i = source->Below(most + 1); i > 0; i--) {
    text += kBytes[source->Below(source->Below(6) == 0 ? sizeof(kBytes) : 8)];
  }
  return text;
}

// A target that a pattern matches, or nearly.
template <class Source>
std::string RandomTarget(Source* source, const std::vector<Pattern>& patterns) {
  if (patterns.empty() || source->Below(6) == 0) return '/' + RandomText(source, 20);
  std::string target;
  for (const Token& token : patterns[source->Below(patterns.size())].tokens) {
    if (token.kind == Token::kByte) {
      const bool is_letter = token.byte >= 'a' && token.byte <= 'z';
      target +=
          static_cast<char>(is_letter && source->Below(12) == 0 ? token.byte - 32 : token.byte);
    } else if (token.kind == Token::kWildcard) {
      target += RandomText(source, 12);
    } else {
      static constexpr std::string_view kValues[] = {"", "a", "ab", "b", "x", "aaaa", "abc"};
      target += kValues[source->Below(std::size(kValues))];
    }
  }
  switch (source->Below(12)) {
    case 0:
      target += '/';
      break;
    case 1:
      target += '?' + RandomText(source, 12);
      break;
    case 2:
      target.insert(source->Below(target.size() + 1), "/");
      break;
    case 3:
      target.erase(source->Below(target.size() + 1), 1);
      break;
    case 4:
      target.insert(source->Below(target.size() + 1), RandomText(source, 2));
      break;
    case 5:
      target += std::string(source->Below(110), 'a');
      break;
    default:
      break;
  }
  return target;
}

}  // namespace catzilla_test

#endif  // CATZILLA_ROUTER_TEST_GENERATOR_H_
