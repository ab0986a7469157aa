// Tables: methods, the numbers of their routes, plans, and what is refused.
#include "memory.h"
#include "tables.h"

namespace catzilla_test {
namespace {

using namespace catz::router;

Trie TrieOf(std::initializer_list<std::string_view> patterns) {
  return std::move(*Trie::Load(Routes(patterns).Build()));
}

Match FindIn(const Table& table, std::string_view method, std::string_view target) {
  Match match;
  table.Find(method, Exact(target).view(), &match);
  return match;
}

TEST("routes are numbered over all methods, in the order in which these came") {
  const std::unique_ptr<Table> table = Table::Make(7, 0);
  CHECK(table->AddMethod("GET", TrieOf({"/a", "/b/:p"})));
  CHECK(table->AddMethod("HEAD", TrieOf({})));
  CHECK(table->AddMethod("POST", TrieOf({"/a", "/c"})));
  CHECK_EQ(table->route_count(), 4u);
  CHECK_EQ(table->generation(), 7u);
  CHECK_EQ(FindIn(*table, "GET", "/a").route, 0u);
  CHECK_EQ(FindIn(*table, "GET", "/b/x").route, 1u);
  CHECK_EQ(FindIn(*table, "POST", "/a").route, 2u);
  CHECK_EQ(FindIn(*table, "POST", "/c").route, 3u);
  CHECK(FindIn(*table, "POST", "/c").verdict == Verdict::kHit);
}

TEST("a method matches its own routes only, and by its whole name") {
  const std::unique_ptr<Table> table = Table::Make(1, 0);
  table->AddMethod("GET", TrieOf({"/a"}));
  table->AddMethod("PUT", TrieOf({"/b"}));
  CHECK(FindIn(*table, "GET", "/b").verdict == Verdict::kMiss);
  CHECK(FindIn(*table, "PUT", "/a").verdict == Verdict::kMiss);
  for (const std::string_view method : {"get", "GE", "GETS", "", "DELETE"}) {
    const Match match = FindIn(*table, method, "/a");
    CHECK(match.verdict == Verdict::kMiss);
    CHECK(match.reason == DeferReason::kNone);
  }
  CHECK(FindIn(*table, "GET", "/%").reason == DeferReason::kEncoded);
}

TEST("a table without methods leaves all to JavaScript") {
  const std::unique_ptr<Table> table = Table::Make(1, 0);
  const Match match = FindIn(*table, "GET", "/a");
  CHECK(match.verdict == Verdict::kDefer);
  CHECK(match.reason == DeferReason::kNoTable);
  CHECK(table->Plan(0) == nullptr);
}

TEST("a method is refused when it is there, too long, or one more than 64") {
  const std::unique_ptr<Table> table = Table::Make(1, 0);
  CHECK(table->AddMethod(std::string(23, 'M'), TrieOf({"/a"})));
  CHECK(!table->AddMethod(std::string(23, 'M'), TrieOf({"/a"})));
  CHECK(!table->AddMethod(std::string(24, 'M'), TrieOf({"/a"})));
  CHECK(table->AddMethod("", TrieOf({"/b"})));
  for (int i = 2; i < 64; i++) CHECK(table->AddMethod(std::to_string(i), TrieOf({"/a"})));
  CHECK(!table->AddMethod("64", TrieOf({"/a"})));
  CHECK_EQ(table->route_count(), 64u);
  CHECK_EQ(FindIn(*table, "63", "/a").route, 63u);
  CHECK_EQ(FindIn(*table, std::string(23, 'M'), "/a").route, 0u);
  CHECK(FindIn(*table, std::string(24, 'M'), "/a").verdict == Verdict::kMiss);
}

TEST("a plan is found by its route, and its bytes are its own") {
  const std::unique_ptr<Table> table = Table::Make(1, 3);
  table->AddMethod("GET", TrieOf({"/a", "/b", "/c", "/d"}));
  std::string head = "HTTP/1.1 200 OK\r\n", body = "hello", etag = "\"x\"";
  CHECK(table->AddPlan(0, 200, head, body, etag));
  CHECK(table->AddPlan(2, 204, "", "", ""));
  CHECK(table->AddPlan(3, 404, head, body, ""));
  head.assign(head.size(), '?');
  body.assign(body.size(), '?');
  const catz_router_plan* const plan = table->Plan(0);
  CHECK_EQ(plan->status, 200u);
  CHECK(TextOf(plan->head, plan->head_length) == "HTTP/1.1 200 OK\r\n");
  CHECK(TextOf(plan->body, plan->body_length) == "hello");
  CHECK(TextOf(plan->etag, plan->etag_length) == "\"x\"");
  CHECK(table->Plan(1) == nullptr);
  CHECK_EQ(table->Plan(2)->status, 204u);
  CHECK_EQ(table->Plan(2)->head_length + table->Plan(2)->body_length + table->Plan(2)->etag_length,
           0u);
  CHECK_EQ(table->Plan(3)->etag_length, 0u);
  CHECK(table->Plan(4) == nullptr);
  CHECK(table->Plan(UINT32_MAX) == nullptr);
}

TEST(
    "a plan is refused for a route that is not there, out of order, again, without room, or too "
    "large") {
  const std::unique_ptr<Table> table = Table::Make(1, 2);
  CHECK(!table->AddPlan(0, 200, "", "", ""));
  table->AddMethod("GET", TrieOf({"/a", "/b", "/c", "/d"}));
  CHECK(!table->AddPlan(4, 200, "", "", ""));
  const std::string_view huge("x", (size_t{1} << 31) + 1);
  CHECK(!table->AddPlan(1, 200, huge, "", ""));
  CHECK(!table->AddPlan(1, 200, "", huge, ""));
  CHECK(!table->AddPlan(1, 200, "", "", huge));
  CHECK(table->AddPlan(1, 200, "", "", ""));
  CHECK(!table->AddPlan(1, 201, "", "", ""));
  CHECK(!table->AddPlan(0, 201, "", "", ""));
  CHECK(table->AddPlan(3, 200, "", "", ""));
  CHECK(!table->AddPlan(3, 200, "", "", ""));
  CHECK_EQ(table->Plan(1)->status, 200u);
  CHECK(table->Plan(0) == nullptr);
  const std::unique_ptr<Table> none = Table::Make(1, 0);
  none->AddMethod("GET", TrieOf({"/a"}));
  CHECK(!none->AddPlan(0, 200, "", "", ""));
}

TEST("a thousand plans are each found") {
  const std::unique_ptr<Table> table = Table::Make(1, 1000);
  Builder builder;
  for (int i = 0; i < 2000; i++) builder.Add("/" + std::to_string(i));
  table->AddMethod("GET", std::move(*Trie::Load(builder.Build())));
  for (uint32_t i = 0; i < 2000; i += 2)
    CHECK(table->AddPlan(i, 200 + i, "", std::to_string(i), ""));
  for (uint32_t i = 0; i < 2000; i++) {
    const catz_router_plan* const plan = table->Plan(i);
    CHECK_EQ(plan != nullptr, i % 2 == 0);
    if (plan != nullptr) CHECK(TextOf(plan->body, plan->body_length) == std::to_string(i));
  }
}

TEST("without memory nothing is made, nothing is lost and nothing crashes") {
  const Image image = Routes({"/a", "/b"}).Build();
  const int64_t before = LiveBlocks();
  for (int64_t pieces = 0; pieces < 2; pieces++) {
    const OutOfMemory limit(pieces);
    CHECK(!Trie::Load(image).has_value());
    CHECK(Table::Make(1, 1) == nullptr);
  }
  {
    const OutOfMemory limit(4);
    CHECK(Trie::Load(image).has_value());
    CHECK(Table::Make(1, 1) != nullptr);
  }
  {
    const std::unique_ptr<Table> table = Table::Make(1, 1);
    table->AddMethod("GET", std::move(*Trie::Load(image)));
    const OutOfMemory limit(0);
    CHECK(!table->AddPlan(0, 200, "head", "body", "etag"));
    CHECK(table->Plan(0) == nullptr);
  }
  CHECK_EQ(LiveBlocks(), before);
}

}  // namespace
}  // namespace catzilla_test
