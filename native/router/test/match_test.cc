// What a trie answers: the order of alternatives, empty parameters, each option, each reason to
// defer. Every answer is held against the reference too.
#include "routes.h"

namespace catzilla_test {
namespace {

using namespace catz::router;

TEST("a static path goes before a parameter, and a parameter before a wildcard") {
  Routes routes({"/a/*", "/a/:p", "/a/b", "/*"});
  CHECK_ANSWER(routes, "/a/b", "/a/b");
  CHECK_ANSWER(routes, "/a/c", "/a/:p [c]");
  CHECK_ANSWER(routes, "/a/b/c", "/a/* [b/c]");
  CHECK_ANSWER(routes, "/a", "/* [a]");
  CHECK_ANSWER(routes, "/ab", "/* [ab]");
}

TEST("a way that leads nowhere is given up for the next best, as often as it takes") {
  Routes routes({"/a/b/c/d", "/a/b/:p/e", "/a/:p/c/f", "/a/:p/:q/g", "/:p/b/*", "/*"});
  CHECK_ANSWER(routes, "/a/b/c/d", "/a/b/c/d");
  CHECK_ANSWER(routes, "/a/b/c/e", "/a/b/:p/e [c]");
  CHECK_ANSWER(routes, "/a/b/c/f", "/a/:p/c/f [b]");
  CHECK_ANSWER(routes, "/a/b/c/g", "/a/:p/:q/g [b] [c]");
  CHECK_ANSWER(routes, "/a/b/c/h", "/:p/b/* [a] [c/h]");
  CHECK_ANSWER(routes, "/a/c/c/h", "/* [a/c/c/h]");
}

TEST("the parameters of a way that was given up are forgotten") {
  Routes routes({"/:a/:b/:c/x", "/:a/*"});
  CHECK_ANSWER(routes, "/1/2/3/x", "/:a/:b/:c/x [1] [2] [3]");
  CHECK_ANSWER(routes, "/1/2/3/y", "/:a/* [1] [2/3/y]");
}

TEST("parameters and wildcards may be empty") {
  Routes routes({"/a/:p", "/b/:p/c", "/d/*", "/e:p"});
  CHECK_ANSWER(routes, "/a/", "/a/:p []");
  CHECK_ANSWER(routes, "/a", "miss");
  CHECK_ANSWER(routes, "/b//c", "/b/:p/c []");
  CHECK_ANSWER(routes, "/d/", "/d/* []");
  CHECK_ANSWER(routes, "/d", "miss");
  CHECK_ANSWER(routes, "/e", "/e:p []");
}

TEST("an end goes before an empty parameter or wildcard") {
  Routes routes({"/a/", "/a/:p", "/a/*"});
  CHECK_ANSWER(routes, "/a/", "/a/");
  CHECK_ANSWER(routes, "/a/b", "/a/:p [b]");
}

TEST("a parameter ends at a slash and nowhere else in the path") {
  Routes routes({"/:p", "/:p/a"});
  CHECK_ANSWER(routes, "/a.b-c;d&e=f:g", "/:p [a.b-c;d&e=f:g]");
  CHECK_ANSWER(routes, "/x/a", "/:p/a [x]");
  CHECK_ANSWER(routes, "/x/", "miss");
  CHECK_ANSWER(routes, std::string_view("/\0\x01", 3), std::string_view("/:p [\0\x01]", 8));
}

TEST("'/' alone is found, and is no more than the root") {
  Routes routes({"/"});
  CHECK_ANSWER(routes, "/", "/");
  CHECK_ANSWER(routes, "/?a", "/");
  CHECK_ANSWER(routes, "//", "miss");
  CHECK_ANSWER(routes, "/a", "miss");
}

TEST("a table of nothing misses") {
  Routes routes({});
  CHECK_ANSWER(routes, "/", "miss");
  CHECK_ANSWER(routes, "/a", "miss");
  CHECK_ANSWER(routes, "*", "defer form");
}

TEST("a bare wildcard takes the slash in front too, and goes last") {
  Routes routes({"*", "/a", "/b/*"});
  CHECK_ANSWER(routes, "/a", "/a");
  CHECK_ANSWER(routes, "/", "* [/]");
  CHECK_ANSWER(routes, "/c/d?e", "* [/c/d]");
  CHECK_ANSWER(routes, "/b", "* [/b]");
  CHECK_ANSWER(routes, "/b/c", "/b/* [c]");
  CHECK_ANSWER(routes, "*", "defer form");
}

TEST("the query begins at '?' or '#' and is left out") {
  Routes routes({"/a", "/a/:p", "/w/*"});
  CHECK_ANSWER(routes, "/a?b=/c", "/a");
  CHECK_ANSWER(routes, "/a#b?c", "/a");
  CHECK_ANSWER(routes, "/a/b?%", "/a/:p [b]");
  CHECK_ANSWER(routes, "/a/?\xC3\xA9", "/a/:p []");
  CHECK_ANSWER(routes, "/w/a/b#", "/w/* [a/b]");
  CHECK_EQ(routes.Find("/a/bc?d").path_end, 5u);
  CHECK_EQ(routes.Find("/a/bc").path_end, 5u);
}

TEST("a semicolon ends the path only where it is told to") {
  Routes plain({"/a", "/:p"});
  CHECK_ANSWER(plain, "/a;b", "/:p [a;b]");
  Routes told({"/a", "/:p"}, kSemicolonDelimiter);
  CHECK_ANSWER(told, "/a;b", "/a");
  CHECK_ANSWER(told, "/c;%", "/:p [c]");
}

TEST("a trailing slash is overlooked once, and only where it is told to") {
  Routes plain({"/a", "/b/"});
  CHECK_ANSWER(plain, "/a/", "miss");
  CHECK_ANSWER(plain, "/b/", "/b/");
  Routes told({"/a", "/b/", "/", "/c/:p", "/d/*"}, kIgnoreTrailingSlash);
  CHECK_ANSWER(told, "/a/", "/a");
  CHECK_ANSWER(told, "/a/?b", "/a");
  CHECK_ANSWER(told, "/a//", "miss");
  CHECK_ANSWER(told, "/b", "/b");
  CHECK_ANSWER(told, "/", "/");
  CHECK_ANSWER(told, "/c/x/", "/c/:p [x]");
  CHECK_ANSWER(told, "/d/x/", "/d/* [x]");
  CHECK_ANSWER(told, "/d/", "miss");
  CHECK_EQ(told.Find("/a/?b").path_end, 3u);
}

TEST("case is overlooked in what is static and kept in parameters, and only where it is told to") {
  Routes plain({"/Ab", "/:p"});
  CHECK_ANSWER(plain, "/Ab", "/Ab");
  CHECK_ANSWER(plain, "/ab", "/:p [ab]");
  Routes told({"/Ab/c", "/a/:p/Z", "/w/*"}, kFoldCase);
  CHECK_ANSWER(told, "/aB/C", "/Ab/c");
  CHECK_ANSWER(told, "/A/XyZ/z", "/a/:p/Z [XyZ]");
  CHECK_ANSWER(told, "/W/Q", "/w/* [Q]");
}

TEST("folding moves the letters from A to Z and nothing else") {
  for (uint32_t byte = 0; byte < 128; byte++) {
    if (strchr("%?#*:/", static_cast<int>(byte)) != nullptr) continue;
    Routes routes({std::string("/x") + static_cast<char>(byte)}, kFoldCase);
    for (uint32_t other = 0; other < 128; other++) {
      const bool is_one =
          std::tolower(static_cast<int>(byte)) == std::tolower(static_cast<int>(other));
      if (strchr("%?#", static_cast<int>(other)) != nullptr) continue;
      const Match match = routes.Find(std::string("/X") + static_cast<char>(other));
      CHECK_EQ(match.verdict == Verdict::kHit, is_one);
    }
  }
}

TEST("two slashes are undecided only where they are overlooked") {
  Routes plain({"/a/:p/b"});
  CHECK_ANSWER(plain, "/a//b", "/a/:p/b []");
  Routes told({"/a/:p/b", "/a//c"}, kIgnoreDuplicateSlashes);
  CHECK_ANSWER(told, "/a//b", "defer duplicate-slash");
  CHECK_ANSWER(told, "/a/c?//", "/a/c");
}

TEST(
    "what is encoded, beyond ASCII or of another form is left to JavaScript, even if nothing "
    "matches") {
  Routes routes({"/a", "/:p"});
  CHECK_ANSWER(routes, "/%61", "defer encoded");
  CHECK_ANSWER(routes, "/a%", "defer encoded");
  CHECK_ANSWER(routes, "/nothing/%/here", "defer encoded");
  CHECK_ANSWER(routes, "/\xC5\x81", "defer non-ascii");
  CHECK_ANSWER(routes, "/\x80", "defer non-ascii");
  CHECK_ANSWER(routes, "", "defer form");
  CHECK_ANSWER(routes, "a", "defer form");
  CHECK_ANSWER(routes, "http://host/a", "defer form");
}

TEST("a regular expression is undecided once it is reached, and not before") {
  Routes routes({"/a/b", "/a/:p(^x$)", "/a/*", "/c/:p", "/c/:p-:q"});
  CHECK_ANSWER(routes, "/a/b", "/a/b");
  CHECK_ANSWER(routes, "/a/c", "defer regex");
  CHECK_ANSWER(routes, "/a/b/c", "defer regex");
  CHECK_ANSWER(routes, "/c/x", "defer regex");
  CHECK_ANSWER(routes, "/d", "miss");
}

TEST("a regular expression that waits is come back to before the wildcard beside it") {
  Routes routes({"/a/bc", "/a/:p(^x$)", "/a/*"});
  CHECK_ANSWER(routes, "/a/bc", "/a/bc");
  CHECK_ANSWER(routes, "/a/bd", "defer regex");
}

TEST("a leaf with constraints is undecided, alone or beside one without") {
  Routes routes({"/b", "/c", "/*"});
  routes.Add("/a", true);
  routes.Add("/b", true);
  routes.Add("/d/:p", true);
  CHECK_ANSWER(routes, "/a", "defer constraint");
  CHECK_ANSWER(routes, "/b", "defer constraint");
  CHECK_ANSWER(routes, "/c", "/c");
  CHECK_ANSWER(routes, "/d/e", "defer constraint");
  CHECK_ANSWER(routes, "/d/e/f", "/* [d/e/f]");
}

TEST("a parameter that is too long gives way, and is undecided only if nothing else matches") {
  Routes routes({"/a/:p", "/b/:p", "/b/*", "/c/:p/d"}, 0, 3);
  CHECK_ANSWER(routes, "/a/123", "/a/:p [123]");
  CHECK_ANSWER(routes, "/a/1234", "defer param-length");
  CHECK_ANSWER(routes, "/b/1234", "/b/* [1234]");
  CHECK_ANSWER(routes, "/c/1234/e", "defer param-length");
  CHECK_ANSWER(routes, "/c/123/e", "miss");
  CHECK_ANSWER(routes, "/d/1234", "miss");
}

TEST("a wildcard may be as long as the target") {
  Routes routes({"/a/*"}, 0, 1);
  CHECK_ANSWER(routes, "/a/123456789", "/a/* [123456789]");
}

TEST("text that no path without '%' can hold is left out and disables nothing") {
  Routes routes({"/a%20b", "/\xC3\xA9", "/what?", "/ab", "/a:p", "/c::d"});
  CHECK_ANSWER(routes, "/ab", "/ab");
  CHECK_ANSWER(routes, "/ax", "/a:p [x]");
  CHECK_ANSWER(routes, "/a%20b", "defer encoded");
  CHECK_ANSWER(routes, "/what", "miss");
  CHECK_ANSWER(routes, "/c:d", "/c::d");
}

TEST("a trie that was moved answers as before") {
  Routes routes({"/a/:p"});
  std::optional<Trie> first = Trie::Load(routes.Build());
  const Trie second(std::move(*first));
  CHECK(FindIn(second, "/a/b").verdict == Verdict::kHit);
  CHECK_EQ(second.routes(), 1u);
  CHECK_EQ(second.nodes(), 3u);
  CHECK_EQ(second.bytes(), routes.Build().size());
}

TEST("an image may change or go once it is loaded") {
  Image image = Routes({"/a/:p"}).Build();
  const std::optional<Trie> trie = Trie::Load(image);
  std::fill(image.begin(), image.end(), 0xff);
  CHECK(FindIn(*trie, "/a/b").verdict == Verdict::kHit);
}

}  // namespace
}  // namespace catzilla_test
