// What a target should be answered, by the list of patterns alone: no tree, no image, no stack.
//
// A parameter always takes its segment and a wildcard the rest, so a pattern can match a path in
// one way only. Every pattern is tried, and of what happens the first in find-my-way's order
// counts: at the first place where two patterns differ, one that ends goes before a byte, a byte
// before a parameter, a parameter before a wildcard. That order is the order of strings of kEnd <
// kByte < ….
#ifndef CATZILLA_ROUTER_TEST_REFERENCE_H_
#define CATZILLA_ROUTER_TEST_REFERENCE_H_

#include "../trie.h"
#include "pattern.h"

namespace catzilla_test {

using catz::router::DeferReason;
using catz::router::Match;
using catz::router::Span;
using catz::router::Verdict;

struct Expected {
  Verdict verdict = Verdict::kMiss;
  DeferReason reason = DeferReason::kNone;
  uint32_t pattern = 0;
  uint32_t path_end = 0;
  std::vector<Span> params;
};

class Reference {
 public:
  Reference(const std::vector<Pattern>& patterns, uint32_t options, uint32_t max_param_length)
      : patterns_(patterns), options_(options), max_param_length_(max_param_length) {}

  Expected Find(std::string_view target) const {
    Expected best;
    best.reason = Unreadable(target, &best.path_end);
    if (best.reason != DeferReason::kNone) {
      best.verdict = Verdict::kDefer;
      return best;
    }
    const std::string_view path = Path(target, best.path_end);
    std::string best_order;
    bool is_too_long = false;
    for (uint32_t i = 0; i < patterns_.size(); i++) {
      Expected one;
      std::string order;
      one.pattern = i;
      one.path_end = best.path_end;
      if (!Try(patterns_[i], path, &one, &order, &is_too_long)) continue;
      if (best_order.empty() || order < best_order) {
        best = one;
        best_order = order;
        continue;
      }
      // One path ends here for two: with constraints, or without.
      if (order == best_order && one.reason == DeferReason::kConstraint) best = one;
    }
    if (best_order.empty() && is_too_long) {
      best.verdict = Verdict::kDefer;
      best.reason = DeferReason::kParamLength;
    }
    return best;
  }

  // Whether so many alternatives may wait on the way to some node that the trie may give up. It may
  // have one less than are counted here, since it passes over a text in one step or not at all.
  bool MayBeTooDeep(std::string_view target) const {
    uint32_t path_end = 0;
    if (Unreadable(target, &path_end) != DeferReason::kNone) return false;
    const std::string_view path = Path(target, path_end);
    for (const Pattern& pattern : patterns_) {
      Expected ignored;
      std::string order;
      bool is_too_long = false;
      Try(pattern, path, &ignored, &order, &is_too_long);
      uint32_t waiting = 0;
      for (size_t i = 0; i < order.size() && i < pattern.tokens.size(); i++) {
        const bool is_byte = pattern.tokens[i].kind == Token::kByte;
        const bool is_wildcard = pattern.tokens[i].kind == Token::kWildcard;
        if (is_byte && (GoesOn(pattern, i, Token::kParam) || GoesOn(pattern, i, Token::kRegex))) {
          waiting++;
        }
        if (!is_wildcard && GoesOn(pattern, i, Token::kWildcard)) waiting++;
      }
      // The node where it ends adds up to two.
      if (waiting + 2 > catz::router::kMaxWaiting) return true;
    }
    return false;
  }

 private:
  static constexpr char kByteFirst = '1', kParamNext = '2', kWildcardLast = '3';

  DeferReason Unreadable(std::string_view target, uint32_t* path_end) const {
    if (target.size() > catz::router::kMaxUrl) return DeferReason::kUrlLength;
    if (target.empty() || target[0] != '/') return DeferReason::kForm;
    size_t end = 0;
    bool has_double = false;
    for (; end < target.size(); end++) {
      const auto byte = static_cast<uint8_t>(target[end]);
      if (byte == '?' || byte == '#') break;
      if (byte == ';' && (options_ & catz::router::kSemicolonDelimiter)) break;
      if (byte == '%') return DeferReason::kEncoded;
      if (byte > 0x7f) return DeferReason::kNonAscii;
      if (byte == '/' && end > 0 && target[end - 1] == '/') has_double = true;
    }
    *path_end = static_cast<uint32_t>(end);
    const bool overlooks = (options_ & catz::router::kIgnoreDuplicateSlashes) != 0;
    return has_double && overlooks ? DeferReason::kDuplicateSlash : DeferReason::kNone;
  }

  std::string_view Path(std::string_view target, uint32_t path_end) const {
    const std::string_view path = target.substr(0, path_end);
    const bool is_trimmed = (options_ & catz::router::kIgnoreTrailingSlash) && path != "/";
    return is_trimmed && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
  }

  // Whether something happens when this pattern alone is tried, and where in the order of all.
  bool Try(const Pattern& pattern, std::string_view path, Expected* out, std::string* order,
           bool* is_too_long) const {
    const auto defer = [&](DeferReason reason) {
      out->verdict = Verdict::kDefer;
      out->reason = reason;
      return true;
    };
    uint32_t at = 0;
    for (const Token& token : pattern.tokens) {
      if (token.kind == Token::kByte) {
        if (at == path.size()) return false;
        const char byte = path[at];
        const bool is_capital = byte >= 'A' && byte <= 'Z';
        const bool folds = is_capital && (options_ & catz::router::kFoldCase);
        if (static_cast<uint8_t>(folds ? byte - 'A' + 'a' : byte) != token.byte) return false;
        *order += kByteFirst;
        at++;
        continue;
      }
      *order += token.kind == Token::kWildcard ? kWildcardLast : kParamNext;
      if (token.kind == Token::kRegex) return defer(DeferReason::kRegex);
      size_t end = path.size();
      if (token.kind == Token::kParam) {
        // Beside a regular expression nothing is decided.
        if (GoesOn(pattern, order->size() - 1, Token::kRegex)) return defer(DeferReason::kRegex);
        end = std::min(path.find('/', at), path.size());
        if (end - at > max_param_length_) {
          *is_too_long = true;
          return false;
        }
      }
      if (out->params.size() == catz::router::kMaxParams) return defer(DeferReason::kParamCount);
      out->params.push_back({at, static_cast<uint32_t>(end)});
      at = static_cast<uint32_t>(end);
    }
    if (at != path.size()) return false;
    if (pattern.is_constrained) return defer(DeferReason::kConstraint);
    out->verdict = Verdict::kHit;
    return true;
  }

  // Whether another pattern has the same first `count` tokens and then one of this kind.
  bool GoesOn(const Pattern& pattern, size_t count, Token::Kind kind) const {
    return std::any_of(patterns_.begin(), patterns_.end(), [&](const Pattern& other) {
      return other.tokens.size() > count && other.tokens[count].kind == kind &&
             std::equal(other.tokens.begin(), other.tokens.begin() + count, pattern.tokens.begin());
    });
  }

  const std::vector<Pattern>& patterns_;
  const uint32_t options_;
  const uint32_t max_param_length_;
};

// Why the two disagree, or nullptr. `pattern`: of the route that was found.
inline const char* Disagreement(const Match& match, uint32_t pattern, const Reference& reference,
                                std::string_view target) {
  if (match.verdict == Verdict::kDefer && match.reason == DeferReason::kDepth) {
    return reference.MayBeTooDeep(target) ? nullptr : "gave up without need";
  }
  const Expected expected = reference.Find(target);
  if (match.verdict != expected.verdict) return "another verdict";
  if (match.verdict == Verdict::kDefer) {
    return match.reason == expected.reason ? nullptr : "another reason";
  }
  if (match.verdict == Verdict::kMiss) return nullptr;
  if (pattern != expected.pattern) return "another route";
  if (match.path_end != expected.path_end) return "another end of the path";
  if (match.param_count != expected.params.size()) return "another number of parameters";
  for (size_t i = 0; i < expected.params.size(); i++) {
    if (match.params[i].begin != expected.params[i].begin ||
        match.params[i].end != expected.params[i].end) {
      return "another parameter";
    }
  }
  return nullptr;
}

}  // namespace catzilla_test

#endif  // CATZILLA_ROUTER_TEST_REFERENCE_H_
