// Many targets at once, and ends that make no sense.
#include "routes.h"

namespace catzilla_test {
namespace {

constexpr int32_t kUntouched = 77;

// What a batch gives, after a check that nothing beyond `ends` was written.
std::vector<int32_t> Batch(const Trie& trie, std::string_view targets,
                           const std::vector<uint32_t>& ends, size_t* deferred) {
  std::vector<int32_t> out(ends.size() + 1, kUntouched);
  *deferred = trie.FindBatch(Exact(targets).view(), ends, out.data());
  CHECK_EQ(out.back(), kUntouched);
  out.pop_back();
  return out;
}

TEST("a batch gives the routes, misses and undecided of its targets in their order") {
  Routes routes({"/a", "/b/:p", "/c/:p(^x$)"});
  const std::string targets = "/b/1/a/none/%61/c/x/a?q";
  const std::vector<uint32_t> ends = {4, 6, 11, 15, 19, 23};
  size_t deferred = 0;
  const std::vector<int32_t> out = Batch(routes.Loaded(), targets, ends, &deferred);
  const int32_t a = static_cast<int32_t>(routes.Find("/a").route);
  const int32_t b = static_cast<int32_t>(routes.Find("/b/1").route);
  CHECK(a != b);
  CHECK(out ==
        (std::vector<int32_t>{b, a, Trie::kBatchMiss, Trie::kBatchDefer, Trie::kBatchDefer, a}));
  CHECK_EQ(deferred, 2u);
}

TEST("a batch of nothing is nothing") {
  Routes routes({"/a"});
  size_t deferred = 9;
  CHECK(Batch(routes.Loaded(), "", {}, &deferred).empty());
  CHECK_EQ(deferred, 0u);
  CHECK(Batch(routes.Loaded(), "/a", {}, &deferred).empty());
}

TEST("an empty target in a batch is undecided, as it is alone") {
  Routes routes({"/a"});
  size_t deferred = 0;
  CHECK(Batch(routes.Loaded(), "/a", {0, 0, 2, 2}, &deferred) ==
        (std::vector<int32_t>{-2, -2, 0, -2}));
  CHECK_EQ(deferred, 3u);
}

TEST("an end that goes back or lies behind the buffer is undecided and moves nothing") {
  Routes routes({"/a", "/b"});
  const int32_t a = static_cast<int32_t>(routes.Find("/a").route);
  const int32_t b = static_cast<int32_t>(routes.Find("/b").route);
  size_t deferred = 0;
  CHECK(Batch(routes.Loaded(), "/a/b", {2, 1, 4}, &deferred) == (std::vector<int32_t>{a, -2, b}));
  CHECK(Batch(routes.Loaded(), "/a/b", {2, 5, 4}, &deferred) == (std::vector<int32_t>{a, -2, b}));
  CHECK(Batch(routes.Loaded(), "/a/b", {UINT32_MAX, 2, 0, UINT32_MAX, 4}, &deferred) ==
        (std::vector<int32_t>{-2, a, -2, -2, b}));
  CHECK_EQ(deferred, 3u);
  CHECK(Batch(routes.Loaded(), "", {1}, &deferred) == (std::vector<int32_t>{-2}));
}

TEST("a batch answers each of 10,000 random targets as Find does") {
  Random random(EnvironmentOr("CATZ_SEED", 3));
  Routes routes({"/a", "/:p/b", "/a/*", "/b/:p(^x$)", "/c/d"});
  static constexpr std::string_view kTargets[] = {"/a",     "/b", "/x/b", "/a/x/y",
                                                  "/c/d?e", "/%", "",     "/c/"};
  std::string targets;
  std::vector<uint32_t> ends;
  std::vector<std::string_view> each;
  for (int i = 0; i < 10000; i++) {
    each.push_back(kTargets[random.Below(std::size(kTargets))]);
    targets += each.back();
    ends.push_back(static_cast<uint32_t>(targets.size()));
  }
  size_t deferred = 0, expected = 0;
  const std::vector<int32_t> out = Batch(routes.Loaded(), targets, ends, &deferred);
  for (size_t i = 0; i < each.size(); i++) {
    const Match match = routes.Find(each[i]);
    if (match.verdict == Verdict::kHit) CHECK_EQ(out[i], static_cast<int32_t>(match.route));
    if (match.verdict == Verdict::kMiss) CHECK_EQ(out[i], Trie::kBatchMiss);
    if (match.verdict == Verdict::kDefer) CHECK_EQ(out[i], Trie::kBatchDefer);
    if (match.verdict == Verdict::kDefer) expected++;
  }
  CHECK_EQ(deferred, expected);
}

}  // namespace
}  // namespace catzilla_test
