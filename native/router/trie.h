// The trie: one method's routes, as find-my-way's tree holds them, matched over bytes.
//
// It answers a request target with HIT (a route and where its parameters stand), MISS or DEFER, and
// never guesses: whatever could make find-my-way decide otherwise is DEFER, and is asked there. A
// wrong HIT would run the wrong handler, so it is a security defect, not a slow path.
// Order of alternatives, as in find-my-way: static, parametric, wildcard, with full backtracking;
// the root's prefix is not compared; empty parameters and empty wildcards match.
//
// Threads: read-only once loaded; any number may match at once. Ownership: a Trie owns a copy of
// its image. The match path allocates nothing, takes no lock and throws nothing; its work is
// bounded by the number of nodes, since in a tree a lookup sees each node at most once.
#ifndef CATZILLA_ROUTER_TRIE_H_
#define CATZILLA_ROUTER_TRIE_H_

#include <optional>
#include <string_view>
#include <utility>

#include "image.h"
#include "path.h"

namespace catz::router {

inline constexpr uint32_t kMaxParams = 32;
// Alternatives that may wait at once: two for each node on the way down that has them.
inline constexpr uint32_t kMaxWaiting = 128;

enum class Verdict : int8_t { kHit = 1, kMiss = 0, kDefer = -1 };

struct Span {
  uint32_t begin;
  uint32_t end;
};

struct Match {
  Verdict verdict;
  DeferReason reason;    // of kDefer
  uint16_t param_count;  // of kHit, as are the fields below
  uint32_t route;
  uint32_t path_end;  // where the path ends in the target, before any trailing slash is left out
  Span params[kMaxParams];
};

class Trie {
 public:
  // A copy of the image, checked whole. nullopt: not a sound image, or no memory.
  static std::optional<Trie> Load(std::span<const uint8_t> image) {
    if (image.size() > kMaxImageBytes) return std::nullopt;
    std::unique_ptr<uint32_t[]> words(new (std::nothrow) uint32_t[image.size() / 4 + 1]);
    if (words == nullptr) return std::nullopt;
    if (!image.empty()) std::memcpy(words.get(), image.data(), image.size());
    const auto* const bytes = reinterpret_cast<const uint8_t*>(words.get());
    if (!IsImage({bytes, image.size()})) return std::nullopt;
    return Trie(std::move(words));
  }

  uint32_t routes() const { return HeaderWordOf(image(), kWordRoutes); }
  uint32_t nodes() const { return HeaderWordOf(image(), kWordNodes); }
  uint32_t bytes() const { return HeaderWordOf(image(), kWordBytes); }

  // Matches a raw request target, query included.
  void Find(std::string_view target, Match* out) const noexcept {
    if (options_ & kFoldCase) {
      Walk<true>(target, out);
    } else {
      Walk<false>(target, out);
    }
  }

  // Matches many targets of one buffer: the i-th ends at ends[i] and begins where the one before it
  // ends. `out[i]`: route, kBatchMiss, or kBatchDefer (also for ends that are no ascending places
  // of the buffer). Returns how many are kBatchDefer.
  static constexpr int32_t kBatchMiss = -1;
  static constexpr int32_t kBatchDefer = -2;
  size_t FindBatch(std::string_view targets, std::span<const uint32_t> ends,
                   int32_t* out) const noexcept {
    size_t deferred = 0;
    uint32_t begin = 0;
    Match match;
    for (size_t i = 0; i < ends.size(); i++) {
      // Read once: memory of JavaScript may change meanwhile, where it is shared.
      const uint32_t end = static_cast<const volatile uint32_t&>(ends[i]);
      if (end < begin || end > targets.size()) {
        out[i] = kBatchDefer;
        deferred++;
        continue;
      }
      Find({targets.data() + begin, end - begin}, &match);
      begin = end;
      out[i] = match.verdict == Verdict::kHit    ? static_cast<int32_t>(match.route)
               : match.verdict == Verdict::kMiss ? kBatchMiss
                                                 : kBatchDefer;
      if (match.verdict == Verdict::kDefer) deferred++;
    }
    return deferred;
  }

 private:
  // An alternative to come back to: a parametric or wildcard node, and the state it starts from.
  struct Waiting {
    uint32_t node;
    uint32_t position;
    uint32_t param_count;
  };

  explicit Trie(std::unique_ptr<uint32_t[]> words)
      : words_(std::move(words)),
        options_(HeaderWordOf(image(), kWordOptions)),
        max_param_length_(HeaderWordOf(image(), kWordMaxParamLength)),
        root_skip_(HeaderWordOf(image(), kWordRootSkip)) {}

  const uint8_t* image() const { return reinterpret_cast<const uint8_t*>(words_.get()); }

  static void Defer(DeferReason reason, Match* out) {
    out->verdict = Verdict::kDefer;
    out->reason = reason;
  }

  template <bool kFold>
  static uint8_t Folded(uint8_t byte) {
    return kFold && static_cast<uint8_t>(byte - 'A') < 26 ? byte | 0x20 : byte;
  }

  // The static child that the path goes on with, or 0.
  template <bool kFold>
  uint32_t StaticChild(const Record& node, const uint8_t* path, uint32_t position,
                       uint32_t end) const {
    const uint32_t count = node.child_count();
    if (count == 0 || position == end) return 0;
    const uint8_t wanted = Folded<kFold>(path[position]);
    const uint8_t* const firsts = node.child_bytes();
    uint32_t index = 0;
    if (count <= 8) {
      while (index < count && firsts[index] != wanted) index++;
    } else {
      const void* const found = std::memchr(firsts, wanted, count);
      index = found == nullptr ? count
                               : static_cast<uint32_t>(static_cast<const uint8_t*>(found) - firsts);
    }
    if (index == count) return 0;
    const uint32_t place = node.child(index);
    const Record child(image(), place);
    const uint32_t length = child.prefix_length();
    if (length > end - position) return 0;
    const uint8_t* const prefix = child.prefix();
    for (uint32_t i = 1; i < length; i++) {
      if (Folded<kFold>(path[position + i]) != prefix[i]) return 0;
    }
    return place;
  }

  template <bool kFold>
  void Walk(std::string_view target, Match* out) const noexcept {
    const auto* const path = reinterpret_cast<const uint8_t*>(target.data());
    uint32_t end = 0;
    const DeferReason unread = ReadPath(target, options_, &end);
    if (unread != DeferReason::kNone) return Defer(unread, out);
    out->path_end = end;
    if ((options_ & kIgnoreTrailingSlash) && end > 1 && path[end - 1] == '/') end--;

    Waiting waiting[kMaxWaiting];
    uint32_t waiting_count = 0;
    uint32_t params = 0;
    uint32_t position = root_skip_;
    uint32_t place = kHeaderBytes;
    bool is_too_long = false;
    while (true) {
      const Record node(image(), place);
      const uint8_t flags = node.flags();
      if (position == end && (flags & (kHasRoute | kLeafDefers))) {
        if (flags & kLeafDefers) return Defer(DeferReason::kConstraint, out);
        out->verdict = Verdict::kHit;
        out->param_count = static_cast<uint16_t>(params);
        out->route = node.route();
        return;
      }

      // The best way on is taken at once, the others wait: see getNextNode of find-my-way.
      uint32_t next = StaticChild<kFold>(node, path, position, end);
      const bool is_static = next != 0;
      const bool has_parametric = (flags & (kHasParametric | kParamDefers)) != 0;
      if ((flags & kHasWildcard) && (is_static || has_parametric)) {
        if (waiting_count == kMaxWaiting) return Defer(DeferReason::kDepth, out);
        waiting[waiting_count++] = {node.wildcard(), position, params};
      }
      if (has_parametric) {
        const uint32_t parametric = (flags & kParamDefers) ? kDeferred : node.parametric();
        if (is_static) {
          if (waiting_count == kMaxWaiting) return Defer(DeferReason::kDepth, out);
          waiting[waiting_count++] = {parametric, position, params};
        } else {
          next = parametric;
        }
      } else if (!is_static && (flags & kHasWildcard)) {
        next = node.wildcard();
      }

      if (is_static) {
        position += Record(image(), next).prefix_length();
        place = next;
        continue;
      }
      // A parameter or a wildcard takes its part of the path; one that cannot gives way to the
      // next.
      while (true) {
        if (next == 0) {
          if (waiting_count == 0) {
            // find-my-way answers 414 then, where it is told how.
            if (is_too_long) return Defer(DeferReason::kParamLength, out);
            out->verdict = Verdict::kMiss;
            return;
          }
          const Waiting& last = waiting[--waiting_count];
          next = last.node;
          position = last.position;
          params = last.param_count;
        }
        if (next == kDeferred) return Defer(DeferReason::kRegex, out);
        uint32_t param_end = end;
        if (Record(image(), next).kind() == Kind::kParametric) {
          param_end = position;
          while (param_end < end && path[param_end] != '/') param_end++;
          if (param_end - position > max_param_length_) {
            is_too_long = true;
            next = 0;
            continue;
          }
        }
        if (params == kMaxParams) return Defer(DeferReason::kParamCount, out);
        out->params[params++] = {position, param_end};
        position = param_end;
        place = next;
        break;
      }
    }
  }

  // Stands for a parametric child that only JavaScript can try; no record is there.
  static constexpr uint32_t kDeferred = 1;

  std::unique_ptr<uint32_t[]> words_;
  uint32_t options_;
  uint32_t max_param_length_;
  uint32_t root_skip_;
};

}  // namespace catz::router

#endif  // CATZILLA_ROUTER_TRIE_H_
