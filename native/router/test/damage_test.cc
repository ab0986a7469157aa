// Damaged images whose header was made to fit again: refused, or asked without a read beyond them.
// CATZ_DAMAGE makes runs longer.
#include "generator.h"
#include "routes.h"

namespace catzilla_test {
namespace {

using namespace catz::router;

constexpr std::string_view kTargets[] = {
    "/",          "/a",   "/ab",          "/a/b/c",   "/b/x",
    "/b/x/y?z",   "/c/x", "/AB/c/",       "/abc/d;e", "/users",
    "/users/1/x", "//a/", "/longer/text", "/zzzz",    "/a/b/c/d/e/f"};

// Whether the image is refused, or answers what makes sense.
bool IsHarmless(Image image, uint64_t* loaded) {
  Seal(&image);
  const std::optional<Trie> trie = Trie::Load(image);
  if (!trie.has_value()) return true;
  ++*loaded;
  return std::all_of(std::begin(kTargets), std::end(kTargets), [&](std::string_view target) {
    return IsSane(*trie, target, FindIn(*trie, target));
  });
}

std::vector<Image> Images() {
  std::vector<Image> images;
  images.push_back(Routes({}).Build());
  images.push_back(Routes({"*", "/a/:p", "/b"}).Build());
  images.push_back(
      Routes({"/a", "/ab", "/a/b/c", "/b/:p", "/b/*", "/c/:p(^x$)", "/abc/:p/d"}).Build());
  images.push_back(
      Routes({"/users", "/users/:id", "/users/:id/x", "/longer/text", "/*"}, 15, 4).Build());
  Random random(EnvironmentOr("CATZ_SEED", 11));
  for (uint64_t i = EnvironmentOr("CATZ_DAMAGE", 60) / 10; i > 0; i--) {
    images.push_back(RandomBuilder(&random).Build());
  }
  return images;
}

TEST("an image with any one byte changed is refused or harmless") {
  uint64_t loaded = 0, refused = 0;
  bool is_harmless = true;
  for (const Image& image : Images()) {
    for (size_t place = 0; place < image.size(); place++) {
      for (const uint32_t change : {1u, 2u, 4u, 8u, 16u, 32u, 64u, 128u, 255u}) {
        Image damaged = image;
        damaged[place] ^= static_cast<uint8_t>(change);
        const uint64_t before = loaded;
        is_harmless = is_harmless && IsHarmless(damaged, &loaded);
        if (loaded == before) refused++;
      }
    }
  }
  CHECK(is_harmless);
  CHECK(loaded > 0);
  CHECK(refused > loaded);
}

TEST(
    "an image with any word set to an odd number or to the place of a record is refused or "
    "harmless") {
  uint64_t loaded = 0;
  bool is_harmless = true;
  for (const Image& image : Images()) {
    const uint32_t size = static_cast<uint32_t>(image.size());
    for (uint32_t place = kHeaderBytes - 4; place < size; place += 4) {
      const auto put = [&](uint32_t value) {
        Image damaged = image;
        PutWord(&damaged, place, value);
        is_harmless = is_harmless && IsHarmless(damaged, &loaded);
      };
      for (const uint32_t value : {0u, 1u, 4u, size, size - 4, size - 8, 0x80000000u, UINT32_MAX})
        put(value);
      for (uint32_t at = kHeaderBytes; at < size; at += Record(image.data(), at).size()) put(at);
    }
  }
  CHECK(is_harmless);
}

TEST("an image cut at any length, or with more behind it, is refused") {
  for (const Image& image : Images()) {
    uint64_t loaded = 0;
    for (size_t size = 0; size < image.size(); size++) {
      CHECK(
          IsHarmless(Image(image.begin(), image.begin() + static_cast<ptrdiff_t>(size)), &loaded));
    }
    for (size_t more = 1; more <= 16; more++) {
      Image longer = image;
      longer.resize(image.size() + more);
      CHECK(IsHarmless(longer, &loaded));
    }
    CHECK_EQ(loaded, 0u);
  }
}

TEST("an image with many bytes changed is refused or harmless") {
  const uint64_t seed = EnvironmentOr("CATZ_SEED", 12);
  Random random(seed);
  const std::vector<Image> images = Images();
  uint64_t loaded = 0;
  for (uint64_t i = EnvironmentOr("CATZ_DAMAGE", 60) * 2000; i > 0; i--) {
    Image image = images[random.Below(images.size())];
    for (uint64_t j = 1 + random.Below(4); j > 0; j--) {
      const size_t place = kWordOptions * 4 + random.Below(image.size() - kWordOptions * 4);
      // Small numbers keep what they change plausible.
      image[place] = static_cast<uint8_t>(random.Below(random.Below(2) == 0 ? 256 : 6));
    }
    if (IsHarmless(std::move(image), &loaded)) continue;
    std::printf("  CATZ_SEED=%llu, %llu left\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(i));
    CHECK(false);
    return;
  }
  CHECK(loaded > 0);
}

}  // namespace
}  // namespace catzilla_test
