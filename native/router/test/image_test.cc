// What makes a sound image: each test breaks one rule of IsImage and nothing else.
#include "routes.h"

namespace catzilla_test {
namespace {

using namespace catz::router;

constexpr uint32_t kRoot = kHeaderBytes;

// An image and the places in it. Its tree: "/" → "a" → "b"; "b/" → a parameter, a wildcard; "c/"
// with a regular expression; "d" with constraints.
class Draft {
 public:
  explicit Draft(uint32_t options = 0) {
    Routes routes({"/a", "/ab", "/b/:p", "/b/*", "/c/:p(^x$)"}, options);
    routes.Add("/d", true);
    image_ = routes.Build();
  }
  explicit Draft(Image image) : image_(std::move(image)) {}

  Image& image() { return image_; }
  Record At(uint32_t place) const { return Record(image_.data(), place); }

  uint32_t a() const { return At(kRoot).child(0); }
  uint32_t ab() const { return At(a()).child(0); }
  uint32_t b() const { return At(kRoot).child(1); }
  uint32_t param() const { return At(b()).parametric(); }
  uint32_t wildcard() const { return At(b()).wildcard(); }
  uint32_t c() const { return At(kRoot).child(2); }
  uint32_t d() const { return At(kRoot).child(3); }

  // Where the words of a node stand.
  uint32_t WordsOf(uint32_t place) const { return place + 8 + Padded(At(place).prefix_length()); }
  uint32_t FirstsOf(uint32_t place) const {
    return static_cast<uint32_t>(At(place).child_bytes() - image_.data());
  }
  uint32_t ChildrenOf(uint32_t place) const {
    return FirstsOf(place) + Padded(At(place).child_count());
  }

  Draft& Byte(uint32_t place, uint32_t value) {
    image_[place] = static_cast<uint8_t>(value);
    return *this;
  }
  Draft& Half(uint32_t place, uint32_t value) {
    PutHalf(&image_, place, value);
    return *this;
  }
  Draft& Word(uint32_t place, uint32_t value) {
    PutWord(&image_, place, value);
    return *this;
  }
  Draft& Header(HeaderWord word, uint32_t value) { return Word(word * 4, value); }
  Draft& Append(const Image& more) {
    image_.insert(image_.end(), more.begin(), more.end());
    return *this;
  }

  // Sealed, in memory of its size.
  bool IsSound() {
    Seal(&image_);
    return IsSoundAsItIs();
  }
  bool IsSoundAsItIs() const {
    const std::unique_ptr<uint8_t[]> exact(new uint8_t[image_.size()]);
    std::copy(image_.begin(), image_.end(), exact.get());
    const std::span<const uint8_t> bytes(exact.get(), image_.size());
    const bool is_sound = IsImage(bytes);
    CHECK_EQ(Trie::Load(bytes).has_value(), is_sound);
    return is_sound;
  }

 private:
  Image image_;
};

// A node as it is written: counts, then words in the order of the record.
Image NodeBytes(Kind kind, uint32_t flags, const std::vector<uint32_t>& words = {}) {
  Image bytes(8 + words.size() * 4);
  bytes[0] = static_cast<uint8_t>(kind);
  bytes[1] = static_cast<uint8_t>(flags);
  for (size_t i = 0; i < words.size(); i++) PutWord(&bytes, 8 + i * 4, words[i]);
  return bytes;
}

// The header and these nodes, the first of them a root of an empty prefix.
Draft DraftOf(const std::vector<Image>& nodes, uint32_t routes) {
  Image image(kHeaderBytes);
  const uint32_t header[] = {kMagic, kVersion, 0, 0, 0, 100, static_cast<uint32_t>(nodes.size()),
                             routes, 0,        0};
  for (size_t i = 0; i < std::size(header); i++) PutWord(&image, i * 4, header[i]);
  Draft draft(image);
  for (const Image& node : nodes) draft.Append(node);
  return draft;
}

TEST("the images that the other tests break are sound") {
  CHECK(Draft().IsSound());
  CHECK(Draft(Routes({}).Build()).IsSound());
  CHECK(Draft(Routes({"*", "/a"}).Build()).IsSound());
  const Draft draft;
  CHECK(draft.At(draft.a()).flags() == kHasRoute);
  CHECK(draft.At(draft.ab()).prefix()[0] == 'b');
  CHECK(draft.At(draft.b()).flags() == (kHasParametric | kHasWildcard));
  CHECK(draft.At(draft.c()).flags() == kParamDefers);
  CHECK(draft.At(draft.d()).flags() == kLeafDefers);
}

TEST("an image that is too short, of odd size or too large is refused") {
  CHECK(!IsImage({}));
  CHECK(!Draft(Image()).IsSoundAsItIs());
  const Image image = Routes({}).Build();
  CHECK_EQ(image.size(), 52u);
  CHECK(!Draft(Image(image.begin(), image.begin() + kHeaderBytes)).IsSound());
  CHECK(!Draft(Image(image.begin(), image.begin() + kHeaderBytes + 4)).IsSound());
  CHECK(!Draft(Image(4)).IsSoundAsItIs());
  for (size_t odd = 1; odd < 4; odd++) {
    CHECK(!Draft(image).Append(Image(odd)).IsSound());
    CHECK(!Draft(Image(image.begin(), image.end() - odd)).IsSound());
  }
  // Its bytes are never read.
  CHECK(!IsImage({image.data(), size_t{kMaxImageBytes} + 4}));
  CHECK(!Trie::Load({image.data(), size_t{kMaxImageBytes} + 4}).has_value());
}

TEST("each word of the header has to fit") {
  CHECK(!Draft().Header(kWordMagic, kMagic ^ 1).IsSound());
  CHECK(!Draft().Header(kWordVersion, kVersion + 1).IsSound());
  CHECK(!Draft().Header(kWordVersion, 0).IsSound());
  CHECK(!Draft().Header(kWordOptions, kAllOptions + 1).IsSound());
  CHECK(!Draft().Header(kWordRootSkip, 2).IsSound());
  CHECK(!Draft().Header(kWordRootSkip, 0).IsSound());
  CHECK(!Draft().Header(kWordZero, 1).IsSound());
  CHECK(Draft().Header(kWordMaxParamLength, UINT32_MAX).IsSound());
  for (const int change : {-4, 4}) {
    Draft draft;
    Seal(&draft.image());
    draft.Header(kWordBytes,
                 static_cast<uint32_t>(draft.image().size()) + static_cast<uint32_t>(change));
    CHECK(!draft.IsSoundAsItIs());
  }
}

TEST("the checksum covers each bit behind it") {
  Draft draft;
  Seal(&draft.image());
  CHECK(draft.IsSoundAsItIs());
  for (size_t bit = kWordChecksum * 32; bit < draft.image().size() * 8; bit++) {
    draft.image()[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    CHECK(!draft.IsSoundAsItIs());
    draft.image()[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
}

TEST("the checksum is FNV-1a") {
  const auto checksum = [](std::string_view text) {
    return Checksum({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  };
  // Vectors of the reference code, draft-eastlake-fnv, appendix C.
  CHECK_EQ(checksum(""), 0x811c9dc5u);
  CHECK_EQ(checksum("a"), 0xe40c292cu);
  CHECK_EQ(checksum("foobar"), 0xbf9cf968u);
}

TEST("nodes and routes are as many as are told") {
  const uint32_t nodes = Trie::Load(Draft().image())->nodes();
  CHECK_EQ(nodes, 8u);
  CHECK(!Draft().Header(kWordNodes, nodes + 1).IsSound());
  CHECK(!Draft().Header(kWordNodes, nodes - 1).IsSound());
  CHECK_EQ(Trie::Load(Draft().image())->routes(), 4u);
  CHECK(!Draft().Header(kWordRoutes, 3).IsSound());
  CHECK(Draft().Header(kWordRoutes, nodes).IsSound());
}

TEST("a number of a route always fits what a batch gives") {
  // Found by reading: a route of 0xFFFFFFFF would have been a miss in a batch.
  CHECK(!Draft().Header(kWordRoutes, UINT32_MAX).IsSound());
  Draft draft;
  draft.Header(kWordRoutes, 9).Word(draft.WordsOf(draft.a()), 8);
  CHECK(!draft.IsSound());
}

TEST("a record ends within the image") {
  CHECK(!Draft().Append(Image(4)).IsSound());
  Draft draft;
  CHECK(!Draft(draft).Half(draft.d() + 2, 5).IsSound());
  CHECK(!Draft(draft).Half(draft.d() + 2, 0xffff).IsSound());
  CHECK(!Draft(draft).Half(draft.d() + 4, 1).IsSound());
  CHECK(!Draft(draft).Half(draft.d() + 4, 0xffff).IsSound());
  CHECK(!Draft(draft).Byte(draft.d() + 1, kHasRoute).IsSound());
}

TEST("a node has one of three kinds and no flag that is unknown") {
  Draft draft;
  for (const uint32_t kind : {1u, 2u, 3u, 255u}) {
    CHECK(!Draft(draft).Byte(draft.d(), kind).IsSound());
  }
  for (const uint32_t flag : {32u, 64u, 128u}) {
    CHECK(!Draft(draft).Byte(draft.d() + 1, kLeafDefers | flag).IsSound());
  }
  CHECK(DraftOf({NodeBytes(Kind::kStatic, kLeafDefers)}, 0).IsSound());
  CHECK(!DraftOf({NodeBytes(Kind{3}, kLeafDefers)}, 0).IsSound());
  CHECK(!DraftOf({NodeBytes(Kind::kParametric, kLeafDefers)}, 0).IsSound());
  CHECK(!DraftOf({NodeBytes(Kind::kWildcard, kLeafDefers)}, 0).IsSound());
}

TEST("a leaf has a route that is told, or defers, never both") {
  Draft draft;
  CHECK(!Draft(draft).Byte(draft.a() + 1, kHasRoute | kLeafDefers).IsSound());
  CHECK(Draft(draft).Word(draft.WordsOf(draft.a()), 3).IsSound());
  CHECK(!Draft(draft).Word(draft.WordsOf(draft.a()), 4).IsSound());
  CHECK(!Draft(draft).Word(draft.WordsOf(draft.a()), UINT32_MAX).IsSound());
}

TEST("a parametric child is there or deferred, never both") {
  Draft draft;
  CHECK(!Draft(draft).Byte(draft.b() + 1, kHasParametric | kParamDefers | kHasWildcard).IsSound());
}

TEST("only what is static has text") {
  // "b/" becomes a node that is nobody's child of its kind, so the tree is built by hand.
  Image param = NodeBytes(Kind::kParametric, kLeafDefers, {0});
  const auto draft = [&] {
    return DraftOf({NodeBytes(Kind::kStatic, kHasParametric, {kRoot + 12}), param}, 0);
  };
  param = NodeBytes(Kind::kParametric, kLeafDefers);
  CHECK(draft().IsSound());
  param = NodeBytes(Kind::kParametric, kLeafDefers, {'a'});
  PutHalf(&param, 2, 1);
  CHECK(!draft().IsSound());
}

TEST("a wildcard is an end") {
  const auto draft = [](uint32_t flags, const std::vector<uint32_t>& words, const Image& below) {
    std::vector<Image> nodes = {NodeBytes(Kind::kStatic, kHasWildcard, {kRoot + 12}),
                                NodeBytes(Kind::kWildcard, flags, words)};
    if (!below.empty()) nodes.push_back(below);
    return DraftOf(nodes, 1);
  };
  CHECK(draft(0, {}, {}).IsSound());
  CHECK(draft(kHasRoute, {0}, {}).IsSound());
  CHECK(draft(kLeafDefers, {}, {}).IsSound());
  CHECK(!draft(kParamDefers, {}, {}).IsSound());
  const uint32_t behind = kRoot + 24;
  CHECK(!draft(kHasParametric, {behind}, NodeBytes(Kind::kParametric, 0)).IsSound());
  CHECK(!draft(kHasWildcard, {behind}, NodeBytes(Kind::kWildcard, 0)).IsSound());
  Image child = NodeBytes(Kind::kStatic, 0, {'a'});
  PutHalf(&child, 2, 1);
  Draft one = draft(0, {'a', behind + 4}, child);
  one.Half(kRoot + 12 + 4, 1);
  CHECK(!one.IsSound());
  // The same below a parameter is sound.
  one.Byte(kRoot + 1, kHasParametric).Byte(kRoot + 12, static_cast<uint32_t>(Kind::kParametric));
  CHECK(one.IsSound());
}

TEST("text holds nothing that the path of a target cannot") {
  for (const uint32_t options : {0u, 1u, 8u, 15u}) {
    for (uint32_t byte = 0; byte < 256; byte++) {
      const bool is_capital = byte >= 'A' && byte <= 'Z';
      const bool is_held = byte < 0x80 && byte != '%' && byte != '?' && byte != '#' &&
                           !((options & kSemicolonDelimiter) && byte == ';') &&
                           !((options & kFoldCase) && is_capital);
      Draft second(options);
      second.Byte(second.b() + 8 + 1, byte);
      CHECK_EQ(second.IsSound(), is_held);
      Draft first(options);
      first.Byte(first.d() + 8, byte).Byte(first.FirstsOf(kRoot) + 3, byte);
      const bool is_taken = byte == 'a' || byte == 'b' || byte == 'c';
      CHECK_EQ(first.IsSound(), is_held && !is_taken);
    }
  }
}

TEST("the root is static and stands for as much as is told") {
  CHECK(!Draft().Half(kRoot + 2, 0).IsSound());
  CHECK(!Draft().Half(kRoot + 2, 2).IsSound());
  // The shortest path is one byte long.
  CHECK(!Draft().Half(kRoot + 2, 2).Byte(kRoot + 9, 'x').Header(kWordRootSkip, 2).IsSound());
  CHECK(!DraftOf({NodeBytes(Kind::kStatic, 0)}, 0).Header(kWordRootSkip, 1).IsSound());
}

TEST("the first byte of a child is the one its parent names, and no other child's") {
  Draft draft;
  const uint32_t firsts = draft.FirstsOf(kRoot);
  CHECK(!Draft(draft).Byte(firsts, 'x').IsSound());
  CHECK(!Draft(draft).Byte(firsts, 0x80).IsSound());
  CHECK(!Draft(draft).Byte(firsts, 0xff).IsSound());
  CHECK(!Draft(draft).Byte(draft.a() + 8, 'x').IsSound());
  // Both "c" by name and by text.
  CHECK(!Draft(draft).Byte(firsts + 3, 'c').Byte(draft.d() + 8, 'c').IsSound());
  CHECK(Draft(draft).Byte(firsts + 3, 'x').Byte(draft.d() + 8, 'x').IsSound());
}

TEST("a static child has text") {
  Image child = NodeBytes(Kind::kStatic, kLeafDefers, {0});
  const auto draft = [&] {
    Draft one = DraftOf({NodeBytes(Kind::kStatic, 0, {0, kRoot + 16}), child}, 0);
    one.Half(kRoot + 4, 1);
    return one;
  };
  PutHalf(&child, 2, 1);
  CHECK(draft().IsSound());
  child = NodeBytes(Kind::kStatic, kLeafDefers);
  CHECK(!draft().IsSound());
}

TEST("a child is the start of a record behind its parent, and nobody else's") {
  const Draft draft;
  const uint32_t size = static_cast<uint32_t>(Draft().image().size());
  const uint32_t first = draft.ChildrenOf(kRoot);
  const uint32_t below = draft.ChildrenOf(draft.a());
  for (const uint32_t place :
       {0u, 4u, kRoot, draft.a(), draft.a() + 4, draft.ab() + 1, draft.ab() + 2, draft.ab() + 4,
        draft.b(), draft.d(), size, size + 4, size - 4, 0x7ffffffcu, UINT32_MAX, UINT32_MAX - 3}) {
    CHECK(!Draft(draft).Word(below, place).IsSound());
  }
  // Two that change places keep their first bytes, so they are refused; told so, they are sound.
  Draft swapped(draft);
  swapped.Word(first, draft.b()).Word(first + 4, draft.a());
  CHECK(!Draft(swapped).IsSound());
  swapped.Byte(draft.FirstsOf(kRoot), 'b').Byte(draft.FirstsOf(kRoot) + 1, 'a');
  CHECK(swapped.IsSound());
}

TEST("a record within the text of another is nobody's child") {
  // "c" and three bytes, then what would be a parameter that defers.
  Image child = NodeBytes(Kind::kStatic, 0, {'c', 1 | kLeafDefers << 8, 0});
  PutHalf(&child, 2, 12);
  const uint32_t place = kRoot + 20;
  const auto draft = [&](uint32_t parametric) {
    Draft one = DraftOf({NodeBytes(Kind::kStatic, kHasParametric, {parametric, 'c', place}), child,
                         NodeBytes(Kind::kParametric, kLeafDefers)},
                        0);
    one.Half(kRoot + 4, 1);
    return one;
  };
  CHECK(draft(place + 20).IsSound());
  CHECK(!draft(place + 12).IsSound());
  // Nor when the record that it would stand for is gone.
  Draft one =
      DraftOf({NodeBytes(Kind::kStatic, kHasParametric, {place + 12, 'c', place}), child}, 0);
  one.Half(kRoot + 4, 1);
  CHECK(!one.IsSound());
}

TEST("no child is the child of two") {
  // "a" → "b" and "/" → "b/" begin alike: the second gets the child of the first, and none is left
  // over.
  Image shared = NodeBytes(Kind::kStatic, kLeafDefers, {'a'});
  PutHalf(&shared, 2, 1);
  const uint32_t child = kRoot + 24;
  Draft draft = DraftOf({NodeBytes(Kind::kStatic, 0, {'a' | 'b' << 8, child, child}), shared}, 0);
  draft.Half(kRoot + 4, 2);
  CHECK(!draft.IsSound());
  // "a" → "b" and "/" → "b": a whole tree, but for the second way to "b".
  Image a = NodeBytes(Kind::kStatic, 0, {'a', 'b', 0});
  Image b = NodeBytes(Kind::kStatic, kLeafDefers, {'b'});
  const uint32_t a_place = kRoot + 20, b_place = a_place + 20;
  PutHalf(&a, 2, 1);
  PutHalf(&a, 4, 1);
  PutWord(&a, 16, b_place);
  PutHalf(&b, 2, 1);
  Draft twice = DraftOf({NodeBytes(Kind::kStatic, 0, {'a' | 'b' << 8, a_place, b_place}), a, b}, 0);
  CHECK(!Draft(twice).Half(kRoot + 4, 2).IsSound());
  const uint32_t last = kRoot + 16;
  CHECK(!DraftOf({NodeBytes(Kind::kStatic, kHasParametric | kHasWildcard, {last, last}),
                  NodeBytes(Kind::kParametric, 0)},
                 0)
             .IsSound());
  CHECK(!DraftOf({NodeBytes(Kind::kStatic, kHasParametric | kHasWildcard, {last, last}),
                  NodeBytes(Kind::kWildcard, 0)},
                 0)
             .IsSound());
}

TEST("no record is nobody's child") {
  const Image leaf = NodeBytes(Kind::kParametric, kLeafDefers);
  CHECK(DraftOf({NodeBytes(Kind::kStatic, kHasParametric, {kRoot + 12}), leaf}, 0).IsSound());
  CHECK(
      !DraftOf({NodeBytes(Kind::kStatic, kHasParametric, {kRoot + 12}), leaf, leaf}, 0).IsSound());
  CHECK(
      !DraftOf({NodeBytes(Kind::kStatic, kHasParametric, {kRoot + 20}), leaf, leaf}, 0).IsSound());
}

TEST("a child is of the kind that its parent has it for") {
  const Draft draft;
  for (const uint32_t kind : {0u, 2u}) CHECK(!Draft(draft).Byte(draft.param(), kind).IsSound());
  for (const uint32_t kind : {0u, 1u}) CHECK(!Draft(draft).Byte(draft.wildcard(), kind).IsSound());
  const uint32_t words = draft.WordsOf(draft.b());
  CHECK(!Draft(draft).Word(words, draft.wildcard()).Word(words + 4, draft.param()).IsSound());
  for (const uint32_t word : {words, words + 4}) {
    for (const uint32_t place :
         {0u, kRoot, draft.b(), draft.a(), draft.c(), draft.param() + 1, draft.param() + 4,
          draft.param() + 2, UINT32_MAX, UINT32_MAX - 3}) {
      CHECK(!Draft(draft).Word(word, place).IsSound());
    }
  }
}

}  // namespace
}  // namespace catzilla_test
