// The image of one method's tree: what JavaScript writes, and what a Trie is loaded from.
//
// Position independent, little endian, aligned to 4 bytes. A header of kHeaderWords words, then one
// record per node in pre-order, with nothing between them:
//   byte 0 kind · byte 1 flags · u16 prefix length · u16 number of static children · u16 zero
//   the prefix, padded to 4 · [u32 route] [u32 parametric child] [u32 wildcard child], as flagged
//   the first byte of each static child, padded to 4 · u32 each: where that child stands
// A place is a byte offset from the start of the image. A child stands behind its parent, so no
// image holds a cycle; each node but the root has one parent, so a lookup sees a node at most once.
// Invariant of what IsImage accepts: every place is the start of a record of the right kind, text
// is ASCII without what a path cannot hold ('%', '?', '#'), and nothing is read beyond the end.
#ifndef CATZILLA_ROUTER_IMAGE_H_
#define CATZILLA_ROUTER_IMAGE_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>

namespace catz::router {

static_assert(std::endian::native == std::endian::little, "images are little endian");

inline constexpr uint32_t kMagic = 0x54525A43;  // "CZRT"
inline constexpr uint32_t kVersion = 1;
inline constexpr uint32_t kHeaderWords = 10;
inline constexpr uint32_t kHeaderBytes = kHeaderWords * 4;
inline constexpr uint32_t kMaxImageBytes = 1u << 30;

enum HeaderWord : uint32_t {
  kWordMagic,
  kWordVersion,
  kWordBytes,
  kWordChecksum,  // FNV-1a over everything behind it
  kWordOptions,
  kWordMaxParamLength,
  kWordNodes,
  kWordRoutes,    // at most one per node, so every number fits an int32_t
  kWordRootSkip,  // bytes of the path that the root stands for, never compared: 0 or 1
  kWordZero,
};

enum Option : uint32_t {
  kFoldCase = 1,
  kIgnoreTrailingSlash = 2,
  kIgnoreDuplicateSlashes = 4,
  kSemicolonDelimiter = 8,
  kAllOptions = 15,
};

enum class Kind : uint8_t { kStatic = 0, kParametric = 1, kWildcard = 2 };

enum Flag : uint8_t {
  kHasRoute = 1,    // a path may end here: one handler without constraints
  kLeafDefers = 2,  // a path may end here, and only JavaScript can tell whose it is
  kHasParametric = 4,
  kParamDefers = 8,  // among the parametric children is one with a regular expression
  kHasWildcard = 16,
  kAllFlags = 31,
};

// FNV-1a, 32 bits (Fowler, Noll, Vo): against damage, not against an attacker.
inline uint32_t Checksum(std::span<const uint8_t> bytes) {
  uint32_t hash = 0x811C9DC5;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 0x01000193;
  return hash;
}

inline uint32_t Padded(uint32_t bytes) { return (bytes + 3) & ~3u; }

// One node, read where it stands. REQUIRES: an image that IsImage has accepted.
class Record {
 public:
  Record(const uint8_t* image, uint32_t place) : at_(image + place) {}

  Kind kind() const { return static_cast<Kind>(at_[0]); }
  uint8_t flags() const { return at_[1]; }
  uint32_t prefix_length() const { return Half(2); }
  uint32_t child_count() const { return Half(4); }
  const uint8_t* prefix() const { return at_ + 8; }
  uint32_t route() const { return Word(Words()); }
  uint32_t parametric() const { return Word(Words() + ((flags() & kHasRoute) ? 4 : 0)); }
  uint32_t wildcard() const {
    return Word(Words() + ((flags() & kHasRoute) ? 4 : 0) + ((flags() & kHasParametric) ? 4 : 0));
  }
  const uint8_t* child_bytes() const { return at_ + Words() + WordBytes(flags()); }
  uint32_t child(uint32_t index) const {
    return Word(Words() + WordBytes(flags()) + Padded(child_count()) + index * 4);
  }
  // Bytes of the whole record; the counts are at most 65535, so nothing overflows.
  uint32_t size() const {
    return Words() + WordBytes(flags()) + Padded(child_count()) + child_count() * 4;
  }

 private:
  static uint32_t WordBytes(uint8_t flags) {
    return static_cast<uint32_t>(std::popcount(
               static_cast<uint8_t>(flags & (kHasRoute | kHasParametric | kHasWildcard)))) *
           4;
  }
  uint32_t Words() const { return 8 + Padded(prefix_length()); }
  uint32_t Half(uint32_t offset) const {
    uint16_t half;
    std::memcpy(&half, at_ + offset, 2);
    return half;
  }
  uint32_t Word(uint32_t offset) const {
    uint32_t word;
    std::memcpy(&word, at_ + offset, 4);
    return word;
  }

  const uint8_t* at_;
};

inline uint32_t HeaderWordOf(const uint8_t* image, HeaderWord word) {
  uint32_t value;
  std::memcpy(&value, image + word * 4, 4);
  return value;
}

// Text that a path without '%' can hold; `fold`: no capital, since paths are folded before they are
// compared.
inline bool IsPathByte(uint8_t byte, uint32_t options) {
  if (byte >= 0x80 || byte == '%' || byte == '?' || byte == '#') return false;
  if ((options & kSemicolonDelimiter) && byte == ';') return false;
  return !((options & kFoldCase) && byte >= 'A' && byte <= 'Z');
}

namespace image_check {

// What a place that is referred to must be: by record, one byte; 0 where no record starts.
enum Expected : uint8_t { kNowhere = 0, kStarts = 1, kReferred = 2 };

inline bool HasSoundText(const Record& node, uint32_t options) {
  for (uint32_t i = 0; i < node.prefix_length(); i++) {
    if (!IsPathByte(node.prefix()[i], options)) return false;
  }
  return true;
}

// A place of a child: behind its parent, the start of a record, and nobody else's.
inline bool Refer(const uint8_t* image, uint32_t size, uint32_t parent, uint32_t place, Kind kind,
                  uint8_t* marks) {
  if (place <= parent || place >= size || (place & 3) != 0 || marks[place / 4] != kStarts)
    return false;
  marks[place / 4] = kReferred;
  return Record(image, place).kind() == kind;
}

inline bool HasSoundChildren(const uint8_t* image, uint32_t size, uint32_t place, uint8_t* marks) {
  const Record node(image, place);
  bool seen[128] = {};
  for (uint32_t i = 0; i < node.child_count(); i++) {
    const uint8_t first = node.child_bytes()[i];
    if (first >= 0x80 || seen[first]) return false;
    seen[first] = true;
    if (!Refer(image, size, place, node.child(i), Kind::kStatic, marks)) return false;
    const Record child(image, node.child(i));
    if (child.prefix_length() == 0 || child.prefix()[0] != first) return false;
  }
  if ((node.flags() & kHasParametric) &&
      !Refer(image, size, place, node.parametric(), Kind::kParametric, marks)) {
    return false;
  }
  return !(node.flags() & kHasWildcard) ||
         Refer(image, size, place, node.wildcard(), Kind::kWildcard, marks);
}

inline bool IsSoundNode(const Record& node, uint32_t options, uint32_t routes) {
  const uint8_t flags = node.flags();
  if (static_cast<uint8_t>(node.kind()) > 2 || (flags & ~kAllFlags) != 0) return false;
  if ((flags & kHasRoute) && ((flags & kLeafDefers) || node.route() >= routes)) return false;
  if ((flags & kHasParametric) && (flags & kParamDefers)) return false;
  if (node.kind() != Kind::kStatic && node.prefix_length() != 0) return false;
  const bool is_end =
      node.child_count() == 0 && !(flags & (kHasParametric | kParamDefers | kHasWildcard));
  return (node.kind() != Kind::kWildcard || is_end) && HasSoundText(node, options);
}

}  // namespace image_check

// True when the bytes are a sound image: see the invariant above. Reads nothing beyond them,
// whatever they hold. REQUIRES: `bytes` aligned to 4. False also when there is no memory to check
// them.
inline bool IsImage(std::span<const uint8_t> bytes) {
  using namespace image_check;
  if (bytes.size() < kHeaderBytes + 8 || bytes.size() > kMaxImageBytes || bytes.size() % 4 != 0) {
    return false;
  }
  const uint8_t* const image = bytes.data();
  const uint32_t size = static_cast<uint32_t>(bytes.size());
  const auto word = [image](HeaderWord which) { return HeaderWordOf(image, which); };
  const uint32_t options = word(kWordOptions);
  if (word(kWordMagic) != kMagic || word(kWordVersion) != kVersion || word(kWordBytes) != size ||
      word(kWordChecksum) != Checksum(bytes.subspan((kWordChecksum + 1) * 4)) ||
      (options & ~kAllOptions) != 0 || word(kWordRootSkip) > 1 || word(kWordZero) != 0 ||
      word(kWordRoutes) > word(kWordNodes)) {
    return false;
  }
  const std::unique_ptr<uint8_t[]> marks(new (std::nothrow) uint8_t[size / 4]());
  if (marks == nullptr) return false;
  uint32_t nodes = 0;
  for (uint32_t place = kHeaderBytes; place < size; nodes++) {
    if (size - place < 8) return false;
    const Record node(image, place);
    if (size - place < node.size() || !IsSoundNode(node, options, word(kWordRoutes))) return false;
    marks[place / 4] = kStarts;
    place += node.size();
  }
  if (nodes != word(kWordNodes)) return false;
  const Record root(image, kHeaderBytes);
  if (root.kind() != Kind::kStatic || root.prefix_length() != word(kWordRootSkip)) return false;
  marks[kHeaderBytes / 4] = kReferred;
  for (uint32_t place = kHeaderBytes; place < size; place += Record(image, place).size()) {
    if (marks[place / 4] != kReferred || !HasSoundChildren(image, size, place, marks.get())) {
      return false;
    }
  }
  return true;
}

}  // namespace catz::router

#endif  // CATZILLA_ROUTER_IMAGE_H_
