// Patterns to an image, without JavaScript: the same tree that find-my-way builds, and the bytes
// that packages/router/src/image writes of it.
//
// Routes are numbered in the order of the image; PatternOf gives what was added.
#ifndef CATZILLA_ROUTER_TEST_BUILDER_H_
#define CATZILLA_ROUTER_TEST_BUILDER_H_

#include <algorithm>
#include <memory>

#include "../path.h"
#include "pattern.h"

namespace catzilla_test {

using Image = std::vector<uint8_t>;

inline void PutHalf(Image* image, size_t place, uint32_t value) {
  (*image)[place] = static_cast<uint8_t>(value);
  (*image)[place + 1] = static_cast<uint8_t>(value >> 8);
}
inline void PutWord(Image* image, size_t place, uint32_t value) {
  PutHalf(image, place, value);
  PutHalf(image, place + 2, value >> 16);
}

// Makes the header fit what lies behind it, so that a damaged image is refused for its damage.
inline void Seal(Image* image) {
  if (image->size() < catz::router::kHeaderBytes) return;
  PutWord(image, catz::router::kWordBytes * 4, static_cast<uint32_t>(image->size()));
  const size_t covered = (catz::router::kWordChecksum + 1) * 4;
  PutWord(image, catz::router::kWordChecksum * 4,
          catz::router::Checksum(std::span(*image).subspan(covered)));
}

class Builder {
 public:
  explicit Builder(uint32_t options = 0, uint32_t max_param_length = 100)
      : options_(options), max_param_length_(max_param_length) {}

  uint32_t options() const { return options_; }
  uint32_t max_param_length() const { return max_param_length_; }
  const std::vector<Pattern>& patterns() const { return patterns_; }
  // By number of a route in the last image.
  uint32_t PatternOf(uint32_t route) const { return pattern_of_[route]; }

  // False where find-my-way would throw; the tree is then as it was.
  bool Add(std::string_view text, bool is_constrained = false) {
    std::optional<Pattern> pattern = ReadPattern(text, is_constrained, options_);
    if (!pattern.has_value() || IsTaken(*pattern)) return false;
    if (pattern->text == "*") has_bare_wildcard_ = true;
    patterns_.push_back(std::move(*pattern));
    return true;
  }

  Image Build() {
    root_ = Node();
    image_.assign(catz::router::kHeaderBytes, 0);
    pattern_of_.clear();
    nodes_ = 0;
    // A bare '*' gives the tree a root before the '/', which stands for nothing.
    Node* top = &root_;
    if (has_bare_wildcard_) {
      top = root_.statics.emplace_back(std::make_unique<Node>()).get();
    }
    top->prefix = "/";
    for (uint32_t i = 0; i < patterns_.size(); i++) Insert(i);
    Write(root_);
    const uint32_t root_skip = has_bare_wildcard_ ? 0 : 1;
    const uint32_t header[] = {catz::router::kMagic,
                               catz::router::kVersion,
                               0,
                               0,
                               options_,
                               max_param_length_,
                               nodes_,
                               static_cast<uint32_t>(pattern_of_.size()),
                               root_skip,
                               0};
    for (size_t i = 0; i < std::size(header); i++) PutWord(&image_, i * 4, header[i]);
    Seal(&image_);
    return image_;
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Node {
    catz::router::Kind kind = catz::router::Kind::kStatic;
    std::string prefix;
    uint32_t pattern = kNone;
    bool leaf_defers = false;
    bool param_defers = false;
    std::vector<std::unique_ptr<Node>> statics;
    std::unique_ptr<Node> parametric;
    std::unique_ptr<Node> wildcard;
  };

  bool IsTaken(const Pattern& pattern) const {
    // find-my-way lists '*' as '/*'.
    const bool is_bare = pattern.text == "*";
    const bool takes_bare = is_bare || pattern.text == "/*";
    return std::any_of(patterns_.begin(), patterns_.end(), [&](const Pattern& other) {
      if (other.is_constrained || pattern.is_constrained) return false;
      return other.tokens == pattern.tokens || (takes_bare && other.text == (is_bare ? "/*" : "*"));
    });
  }

  void Insert(uint32_t index) {
    const std::vector<Token>& tokens = patterns_[index].tokens;
    Node* node = &root_;
    // The first byte is the root's, unless the root stands for nothing.
    size_t i = has_bare_wildcard_ ? 0 : 1;
    while (i < tokens.size()) {
      if (tokens[i].kind == Token::kByte) {
        std::string text;
        for (; i < tokens.size() && tokens[i].kind == Token::kByte; i++) {
          text += static_cast<char>(tokens[i].byte);
        }
        node = Descend(node, text);
        continue;
      }
      // What only JavaScript can try is not written, and neither is what stands behind it.
      if (tokens[i].kind == Token::kRegex) {
        node->param_defers = true;
        return;
      }
      const bool is_param = tokens[i].kind == Token::kParam;
      std::unique_ptr<Node>& child = is_param ? node->parametric : node->wildcard;
      if (child == nullptr) {
        child = std::make_unique<Node>();
        child->kind = is_param ? catz::router::Kind::kParametric : catz::router::Kind::kWildcard;
      }
      node = child.get();
      i++;
    }
    if (patterns_[index].is_constrained) node->leaf_defers = true;
    node->pattern = index;
  }

  // createStaticChild of find-my-way.
  static Node* Descend(Node* node, std::string_view text) {
    while (!text.empty()) {
      const auto found = std::find_if(node->statics.begin(), node->statics.end(),
                                      [&](const auto& it) { return it->prefix[0] == text[0]; });
      if (found == node->statics.end()) {
        node = node->statics.emplace_back(std::make_unique<Node>()).get();
        node->prefix = text;
        return node;
      }
      const std::string_view prefix = (*found)->prefix;
      const size_t shared = static_cast<size_t>(
          std::mismatch(prefix.begin(), prefix.end(), text.begin(), text.end()).first -
          prefix.begin());
      if (shared < prefix.size()) {
        auto upper = std::make_unique<Node>();
        upper->prefix = prefix.substr(0, shared);
        (*found)->prefix.erase(0, shared);
        upper->statics.push_back(std::move(*found));
        *found = std::move(upper);
      }
      node = found->get();
      text.remove_prefix(shared);
    }
    return node;
  }

  bool IsReachable(const Node& node) const {
    return node.prefix.size() <= catz::router::kMaxUrl &&
           std::all_of(node.prefix.begin(), node.prefix.end(), [&](char byte) {
             return catz::router::IsPathByte(static_cast<uint8_t>(byte), options_);
           });
  }

  uint32_t Reserve(size_t bytes) {
    const size_t place = image_.size();
    image_.resize(place + catz::router::Padded(static_cast<uint32_t>(bytes)));
    return static_cast<uint32_t>(place);
  }

  uint32_t Write(const Node& node) {
    nodes_++;
    std::vector<const Node*> statics;
    for (const auto& child : node.statics) {
      if (IsReachable(*child)) statics.push_back(child.get());
    }
    const bool has_parametric = node.parametric != nullptr && !node.param_defers;
    const bool has_route = node.pattern != kNone && !node.leaf_defers;
    uint32_t flags = 0;
    if (has_route) flags |= catz::router::kHasRoute;
    if (node.leaf_defers) flags |= catz::router::kLeafDefers;
    if (has_parametric) flags |= catz::router::kHasParametric;
    if (node.param_defers) flags |= catz::router::kParamDefers;
    if (node.wildcard != nullptr) flags |= catz::router::kHasWildcard;

    const uint32_t place = Reserve(8);
    image_[place] = static_cast<uint8_t>(node.kind);
    image_[place + 1] = static_cast<uint8_t>(flags);
    PutHalf(&image_, place + 2, static_cast<uint32_t>(node.prefix.size()));
    PutHalf(&image_, place + 4, static_cast<uint32_t>(statics.size()));
    const uint32_t prefix = Reserve(node.prefix.size());
    std::copy(node.prefix.begin(), node.prefix.end(), image_.begin() + prefix);
    if (has_route) {
      PutWord(&image_, Reserve(4), static_cast<uint32_t>(pattern_of_.size()));
      pattern_of_.push_back(node.pattern);
    }
    const uint32_t parametric = has_parametric ? Reserve(4) : 0;
    const uint32_t wildcard = node.wildcard != nullptr ? Reserve(4) : 0;
    const uint32_t firsts = Reserve(statics.size());
    const uint32_t places = Reserve(statics.size() * 4);
    for (uint32_t i = 0; i < statics.size(); i++) {
      image_[firsts + i] = static_cast<uint8_t>(statics[i]->prefix[0]);
      const uint32_t child = Write(*statics[i]);
      PutWord(&image_, places + i * 4, child);
    }
    if (has_parametric) {
      const uint32_t child = Write(*node.parametric);
      PutWord(&image_, parametric, child);
    }
    if (node.wildcard != nullptr) {
      const uint32_t child = Write(*node.wildcard);
      PutWord(&image_, wildcard, child);
    }
    return place;
  }

  const uint32_t options_;
  const uint32_t max_param_length_;
  std::vector<Pattern> patterns_;
  bool has_bare_wildcard_ = false;
  Node root_;
  Image image_;
  std::vector<uint32_t> pattern_of_;
  uint32_t nodes_ = 0;
};

}  // namespace catzilla_test

#endif  // CATZILLA_ROUTER_TEST_BUILDER_H_
