// The C interface: the same answers, in the structs of C.
#include "../abi.h"

#include "memory.h"
#include "tables.h"

namespace catzilla_test {
namespace {

using catz::router::TableSlot;

catz_router_match FindBy(const catz_router& abi, const catz_router_table* table,
                         std::string_view method, std::string_view target) {
  catz_router_match match;
  std::memset(&match, 0xee, sizeof match);
  abi.find(table, method.data(), static_cast<uint32_t>(method.size()), target.data(),
           static_cast<uint32_t>(target.size()), &match);
  return match;
}

TEST("the table of functions tells its version and size") {
  TableSlot* const slot = TableSlot::Make();
  const catz_router abi = catz::router::AbiOf(slot);
  CHECK_EQ(abi.abi_version, CATZ_ROUTER_ABI_VERSION);
  CHECK_EQ(abi.struct_size, sizeof(catz_router));
  CHECK(reinterpret_cast<TableSlot*>(abi.slot) == slot);
  abi.release(abi.slot);
}

TEST("nothing is acquired from a slot without a table, and nothing is owed") {
  const int64_t before = LiveBlocks();
  const Shifted shifted;
  TableSlot* const slot = TableSlot::Make();
  const catz_router abi = catz::router::AbiOf(slot);
  CHECK(abi.acquire(abi.slot) == nullptr);
  CHECK(abi.acquire(abi.slot) == nullptr);
  slot->Publish(shifted.Make(1));
  const catz_router_table* const table = abi.acquire(abi.slot);
  CHECK_EQ(abi.generation(table), 1u);
  abi.unpin(abi.slot, table);
  abi.release(abi.slot);
  CHECK_EQ(LiveBlocks(), before + kShifts);
}

TEST("a hit, a miss and a deferral come with what is told of them, and a plan by its route") {
  const Shifted shifted;
  TableSlot* const slot = TableSlot::Make();
  const catz_router abi = catz::router::AbiOf(slot);
  slot->Publish(shifted.Make(3));
  const catz_router_table* const table = abi.acquire(abi.slot);
  const catz_router_match hit = FindBy(abi, table, "GET", "/t/x?y");
  CHECK_EQ(hit.verdict, static_cast<int32_t>(CATZ_ROUTER_HIT));
  CHECK_EQ(hit.route, 3u);
  CHECK_EQ(hit.param_count, 1u);
  CHECK_EQ(hit.path_end, 4u);
  CHECK_EQ(hit.params[0].begin, 3u);
  CHECK_EQ(hit.params[0].end, 4u);
  CHECK_EQ(hit.params[1].begin, 0xeeeeeeeeu);
  CHECK_EQ(FindBy(abi, table, "GET", "/u").verdict, static_cast<int32_t>(CATZ_ROUTER_MISS));
  CHECK_EQ(FindBy(abi, table, "POST", "/t/x").verdict, static_cast<int32_t>(CATZ_ROUTER_MISS));
  const catz_router_match deferred = FindBy(abi, table, "GET", "/t/%20");
  CHECK_EQ(deferred.verdict, static_cast<int32_t>(CATZ_ROUTER_DEFER));
  CHECK_EQ(deferred.reason, 1u);
  CHECK(TextOf(abi.plan(table, 3)->body, abi.plan(table, 3)->body_length) == "3");
  CHECK(abi.plan(table, 2) == nullptr);
  abi.unpin(abi.slot, table);
  abi.release(abi.slot);
}

TEST("all 32 parameters fit, and a 33rd defers") {
  Builder builder;
  std::string pattern, target;
  for (int i = 0; i < 32; i++) {
    pattern += "/:p";
    target += "/x";
  }
  builder.Add(pattern);
  builder.Add(pattern + "/:p");
  TableSlot* const slot = TableSlot::Make();
  std::unique_ptr<Table> made = Table::Make(1, 0);
  made->AddMethod("GET", std::move(*Trie::Load(builder.Build())));
  slot->Publish(std::move(made));
  const catz_router abi = catz::router::AbiOf(slot);
  const catz_router_table* const table = abi.acquire(abi.slot);
  const catz_router_match match = FindBy(abi, table, "GET", target);
  CHECK_EQ(match.param_count, static_cast<uint32_t>(CATZ_ROUTER_MAX_PARAMS));
  CHECK_EQ(match.params[31].begin, 63u);
  CHECK_EQ(match.params[31].end, 64u);
  CHECK_EQ(FindBy(abi, table, "GET", target + "/x").reason, 6u);
  abi.unpin(abi.slot, table);
  abi.release(abi.slot);
}

TEST("a pinned table outlives the next ones, and a retained slot its first holder") {
  const Shifted shifted;
  const int64_t before = LiveBlocks();
  TableSlot* const slot = TableSlot::Make();
  const catz_router abi = catz::router::AbiOf(slot);
  abi.retain(abi.slot);
  slot->Publish(shifted.Make(1));
  const catz_router_table* const old = abi.acquire(abi.slot);
  for (uint32_t generation = 2; generation < 70; generation++)
    slot->Publish(shifted.Make(generation));
  slot->Release();
  CHECK_EQ(abi.generation(old), 1u);
  CHECK(IsWhole(*reinterpret_cast<const Table*>(old)));
  abi.unpin(abi.slot, old);
  const catz_router_table* const last = abi.acquire(abi.slot);
  CHECK_EQ(abi.generation(last), 69u);
  abi.unpin(abi.slot, last);
  abi.release(abi.slot);
  CHECK_EQ(LiveBlocks(), before);
}

}  // namespace
}  // namespace catzilla_test
