// The ends of every range: parameters, alternatives, lengths, children. ASan sees what is written
// or read beyond one.
#include "routes.h"

namespace catzilla_test {
namespace {

using namespace catz::router;

std::string Repeated(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; i++) all += text;
  return all;
}

// As many parameters as `count`, and where each stands.
void CheckParams(const std::string& pattern, const std::string& target, uint32_t count) {
  Routes routes({pattern});
  const Match match = routes.Find(target);
  CHECK(match.verdict == Verdict::kHit);
  CHECK_EQ(match.param_count, count);
  for (uint32_t i = 0; i < match.param_count; i++) {
    CHECK_EQ(match.params[i].begin, 1 + 2 * i);
    CHECK_EQ(match.params[i].end, 2 + 2 * i);
  }
}

TEST("31 and 32 parameters are found, 33 are undecided") {
  CheckParams(Repeated("/:p", 31), Repeated("/x", 31), 31);
  CheckParams(Repeated("/:p", 32), Repeated("/x", 32), 32);
  for (const size_t count : {33, 34, 60}) {
    Routes routes({Repeated("/:p", count)});
    CHECK_ANSWER(routes, Repeated("/x", count), "defer param-count");
  }
}

TEST("a wildcard counts as a parameter") {
  CheckParams(Repeated("/:p", 31) + "/*", Repeated("/x", 32), 32);
  Routes routes({Repeated("/:p", 32) + "/*", "/*"});
  CHECK_ANSWER(routes, Repeated("/x", 33), "defer param-count");
  CHECK_ANSWER(routes, Repeated("/x", 31), "/* [" + Repeated("x/", 30) + "x]");
}

TEST("what is found before the 33rd parameter is found") {
  Routes routes({Repeated("/:p", 40), Repeated("/:p", 32), Repeated("/:p", 32) + "/a"});
  CHECK_EQ(routes.Find(Repeated("/x", 32)).param_count, 32u);
  CHECK_EQ(routes.Find(Repeated("/x", 32) + "/a").param_count, 32u);
  CHECK_ANSWER(routes, Repeated("/x", 32) + "/b", "defer param-count");
}

// On the way to "/a/a/…/end" each node adds to what waits.
class Comb {
 public:
  // `both` nodes with a parameter and a wildcard, then one with what is said.
  explicit Comb(size_t both, bool has_param = false, bool has_wildcard = false) : routes_({}) {
    for (size_t i = 0; i < both; i++) AddTooth(true, true);
    if (has_param || has_wildcard) AddTooth(has_param, has_wildcard);
  }

  void AddTooth(bool has_param, bool has_wildcard) {
    if (has_param) routes_.Add(way_ + ":p");
    if (has_wildcard) routes_.Add(way_ + "*");
    way_ += "a/";
  }
  std::string AskEnd() {
    routes_.Add(way_ + "end");
    return routes_.Ask(way_ + "end") == way_ + "end" ? "end" : routes_.Ask(way_ + "end");
  }

 private:
  Routes routes_;
  std::string way_ = "/";
};

TEST("128 alternatives may wait, of whichever kind the last is") {
  CHECK(Comb(64).AskEnd() == "end");
  CHECK(Comb(63, false, true).AskEnd() == "end");
  CHECK(Comb(63, true, false).AskEnd() == "end");
}

TEST("a 129th alternative is undecided, of whichever kind it is") {
  CHECK(Comb(64, true, false).AskEnd() == "defer depth");
  CHECK(Comb(64, false, true).AskEnd() == "defer depth");
  CHECK(Comb(65).AskEnd() == "defer depth");
  CHECK(Comb(200).AskEnd() == "defer depth");
  // 127 wait, and a node adds two.
  Comb comb(63, false, true);
  comb.AddTooth(true, true);
  CHECK(comb.AskEnd() == "defer depth");
}

TEST("all 128 alternatives are come back to, the last one first") {
  Routes last({"/*"}), first({"/*"});
  std::string way = "/";
  for (int i = 0; i < 64; i++) {
    last.Add(way + ":p");
    first.Add(way + ":p/x");
    if (i > 0) last.Add(way + "*");
    if (i > 0) first.Add(way + ":p/y/*");
    way += "a/";
  }
  last.Add(way + "end");
  first.Add(way + "end");
  CHECK_ANSWER(last, way + "other", Repeated("/a", 63) + "/* [a/other]");
  CHECK_ANSWER(first, way + "other", "/* [" + way.substr(1) + "other]");
}

TEST("a way without alternatives may be as long as a target") {
  std::string path = Repeated("/a", 4095);
  Routes routes({path, "/a/b"});
  for (size_t i = 2; i < path.size(); i += 40)
    routes.Add(path.substr(0, i) + (i % 4 == 0 ? "b" : ""));
  CHECK_ANSWER(routes, path, path);
  CHECK_ANSWER(routes, path + "?", path);
  CHECK_ANSWER(routes, path + "/", "miss");
  CHECK_ANSWER(routes, path + "??", path);
  CHECK_ANSWER(routes, path + "???", "defer url-length");
}

TEST("texts of 1 to 40 bytes are compared whole") {
  for (size_t size = 1; size <= 40; size++) {
    for (const uint32_t options : {0u, static_cast<uint32_t>(kFoldCase)}) {
      const std::string text(size, 'm');
      Routes routes({"/" + text, "/" + text + "/x"}, options);
      const std::string target = "/" + text;
      CHECK_ANSWER(routes, target, target);
      CHECK_ANSWER(routes, target.substr(0, size), "miss");
      CHECK_ANSWER(routes, target + "m", "miss");
      for (size_t i = 1; i <= size; i++) {
        std::string other = target;
        other[i] = 'n';
        CHECK_ANSWER(routes, other, "miss");
        other[i] = 'M';
        CHECK_ANSWER(routes, other, options == 0 ? "miss" : target);
      }
    }
  }
}

TEST("a path of 8192 bytes can be found, and a text that is longer is left out") {
  const std::string path = "/" + std::string(8191, 'a');
  Routes routes({path, "/b" + std::string(70000, 'c'), "/c"});
  CHECK_ANSWER(routes, path, path);
  CHECK_ANSWER(routes, path.substr(0, 8191), "miss");
  CHECK_ANSWER(routes, "/c", "/c");
}

// Each printable byte that a path can hold, but ':' and '*', which mean something in a pattern.
std::string FirstBytes() {
  std::string bytes;
  for (char byte = '!'; byte <= '~'; byte++) {
    if (std::strchr("%?#:*/", byte) == nullptr) bytes += byte;
  }
  return bytes;
}

TEST("the right one is found among 1, 8, 9 and as many children as there can be") {
  const std::string bytes = FirstBytes();
  for (const size_t count :
       {size_t{1}, size_t{2}, size_t{7}, size_t{8}, size_t{9}, size_t{16}, bytes.size()}) {
    Routes routes({});
    for (size_t i = 0; i < count; i++) routes.Add(std::string("/") + bytes[i]);
    for (size_t i = 0; i < bytes.size(); i++) {
      const std::string target = std::string("/") + bytes[i];
      CHECK_ANSWER(routes, target, i < count ? target : "miss");
      CHECK_ANSWER(routes, target + "-", "miss");
    }
    CHECK_ANSWER(routes, "/", "miss");
  }
}

TEST("a node may have a child for each byte but '%', '?' and '#', 125 of them") {
  Routes routes({"/::", "/::x"});
  size_t count = 1;
  for (int byte = 0; byte < 128; byte++) {
    if (byte == 0 || std::strchr("%?#:*", byte) != nullptr) continue;
    routes.Add(std::string("/") + static_cast<char>(byte));
    count++;
  }
  routes.Add(std::string_view("/\0", 2));
  CHECK_EQ(count + 1, 124u);
  CHECK_EQ(routes.Loaded().routes(), 125u);
  for (int byte = 0; byte < 128; byte++) {
    if (std::strchr("%?#*", byte) != nullptr && byte != 0) continue;
    const std::string target = std::string("/") + static_cast<char>(byte);
    CHECK(routes.Find(target).verdict == Verdict::kHit);
  }
  CHECK_ANSWER(routes, "/*", "miss");
}

TEST("a parameter may be as long as it may, from none to longer than any target") {
  for (const uint32_t most : {0u, 1u, 7u, 8u, 9u, 100u, 8000u}) {
    Routes routes({"/:p"}, 0, most);
    CHECK(routes.Find("/" + std::string(most, 'a')).verdict == Verdict::kHit);
    CHECK_ANSWER(routes, "/" + std::string(most + 1, 'a'), "defer param-length");
  }
  Routes routes({"/:p"}, 0, UINT32_MAX);
  CHECK(routes.Find("/" + std::string(8191, 'a')).verdict == Verdict::kHit);
}

TEST("10,000 routes are each found") {
  Routes routes({});
  Builder builder;
  for (int i = 0; i < 10000; i++) {
    builder.Add("/r" + std::to_string(i % 100) + (i % 3 == 0 ? "/:p/" : "/") + std::to_string(i));
  }
  const std::optional<Trie> trie = Trie::Load(builder.Build());
  CHECK(trie.has_value());
  CHECK_EQ(trie->routes(), 10000u);
  for (uint32_t i = 0; i < 10000; i++) {
    const std::string& pattern = builder.patterns()[i].text;
    const Match match = FindIn(*trie, pattern);
    CHECK(match.verdict == Verdict::kHit);
    CHECK_EQ(builder.PatternOf(match.route), i);
  }
}

}  // namespace
}  // namespace catzilla_test
