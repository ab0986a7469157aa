// libFuzzer target: the first byte says how many bytes at the end are a target, the second whether
// the count of nodes is made to fit too; between is an image, whose size and checksum are made to
// fit. Whatever it is, Load refuses it, or Find reads nothing beyond it and gives numbers that it
// tells.
#include <cstdlib>

#include "../test/routes.h"

namespace catzilla_test {
namespace {

using catz::router::kHeaderBytes;

// Random counts would let next to no image through.
void CountNodes(Image* image) {
  uint32_t nodes = 0;
  for (size_t place = kHeaderBytes; image->size() - place >= 8; nodes++) {
    const uint32_t size = catz::router::Record(image->data(), static_cast<uint32_t>(place)).size();
    if (size > image->size() - place) break;
    place += size;
  }
  PutWord(image, catz::router::kWordNodes * 4, nodes);
}

void Run(const uint8_t* data, size_t size) {
  const size_t target_size = std::min<size_t>(data[0], size - 2);
  Image image(data + 2, data + size - target_size);
  if (image.size() >= kHeaderBytes && (data[1] & 1)) CountNodes(&image);
  Seal(&image);
  const std::optional<Trie> trie = Trie::Load(image);
  if (!trie.has_value()) return;
  const std::string_view own(reinterpret_cast<const char*>(data + size - target_size), target_size);
  for (const std::string_view target :
       {own, std::string_view("/"), std::string_view("/a/b/c?d"),
        std::string_view("/users/1/posts/"), std::string_view("//a;b//"),
        std::string_view("/aaaaaaaaaaaaaaaaaaaaaaaa/B")}) {
    if (!IsSane(*trie, target, FindIn(*trie, target))) std::abort();
  }
}

}  // namespace
}  // namespace catzilla_test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size >= 2) catzilla_test::Run(data, size);
  return 0;
}
