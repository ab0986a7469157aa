// Slots, one thread at a time: whose table a pin is, and when a table is freed.
#include "../slot.h"

#include "memory.h"
#include "tables.h"

namespace catzilla_test {
namespace {

using catz::router::TableSlot;

// Counts what is left over when it ends.
struct Fixture {
  const int64_t before = LiveBlocks();
  Shifted shifted;
  const int64_t with_images = LiveBlocks();
  TableSlot* slot = TableSlot::Make();

  bool Publish(uint32_t generation) { return slot->Publish(shifted.Make(generation)); }
  // Pieces of memory of the tables that live.
  int64_t OfTables() const { return LiveBlocks() - with_images - 1; }
};

// Pieces that one table takes.
int64_t Pieces() {
  const Shifted shifted;
  const int64_t before = LiveBlocks();
  const std::unique_ptr<Table> table = shifted.Make(1);
  return LiveBlocks() - before;
}

TEST("an empty slot gives pins of nothing, and takes them back whenever they come") {
  Fixture f;
  const TableSlot::Pin first = f.slot->Acquire();
  const TableSlot::Pin second = f.slot->Acquire();
  CHECK(first.table == nullptr);
  CHECK(second.table == nullptr);
  f.slot->Unpin(first);
  CHECK(f.Publish(1));
  const TableSlot::Pin third = f.slot->Acquire();
  CHECK_EQ(third.table->generation(), 1u);
  f.slot->Unpin(second);
  CHECK(IsWhole(*third.table));
  f.slot->Unpin(third);
  CHECK_EQ(f.OfTables(), Pieces());
  f.slot->Release();
  CHECK_EQ(LiveBlocks(), f.with_images);
}

TEST("a table that nobody reads is freed as it is replaced") {
  Fixture f;
  for (uint32_t generation = 1; generation <= 200; generation++) {
    CHECK(f.Publish(generation));
    CHECK_EQ(f.OfTables(), Pieces());
    const TableSlot::Pin pin = f.slot->Acquire();
    CHECK_EQ(pin.table->generation(), generation);
    f.slot->Unpin(pin);
  }
  f.slot->Release();
  CHECK_EQ(LiveBlocks(), f.with_images);
}

TEST("a pinned table stays as it was until the last of its pins is back, in any order") {
  const int64_t pieces = Pieces();
  for (int order = 0; order < 6; order++) {
    Fixture f;
    CHECK(f.Publish(1));
    TableSlot::Pin pins[] = {f.slot->Acquire(), f.slot->Acquire(), f.slot->Acquire()};
    if (order % 2 == 1) std::swap(pins[0], pins[1]);
    if (order / 2 == 1) std::swap(pins[1], pins[2]);
    if (order / 2 == 2) std::swap(pins[0], pins[2]);
    f.slot->Unpin(pins[0]);
    CHECK(f.Publish(2));
    CHECK(f.Publish(3));
    CHECK_EQ(f.OfTables(), 2 * pieces);
    CHECK(IsWhole(*pins[1].table));
    f.slot->Unpin(pins[1]);
    CHECK_EQ(f.OfTables(), 2 * pieces);
    CHECK_EQ(pins[2].table->generation(), 1u);
    CHECK(IsWhole(*pins[2].table));
    f.slot->Unpin(pins[2]);
    CHECK_EQ(f.OfTables(), pieces);
    f.slot->Release();
    CHECK_EQ(LiveBlocks(), f.with_images);
  }
}

TEST("63 tables may be pinned; another is refused, freed, and changes nothing") {
  Fixture f;
  const int64_t pieces = Pieces();
  std::vector<TableSlot::Pin> pins;
  pins.reserve(TableSlot::kCells);
  const int64_t before = f.OfTables();
  for (uint32_t generation = 1; generation < TableSlot::kCells; generation++) {
    CHECK(f.Publish(generation));
    pins.push_back(f.slot->Acquire());
  }
  CHECK_EQ(pins.size(), 63u);
  CHECK_EQ(f.OfTables() - before, 63 * pieces);
  CHECK(!f.Publish(64));
  CHECK_EQ(f.OfTables() - before, 63 * pieces);
  const TableSlot::Pin newest = f.slot->Acquire();
  CHECK_EQ(newest.table->generation(), 63u);
  f.slot->Unpin(newest);
  for (const TableSlot::Pin& pin : pins) CHECK(IsWhole(*pin.table));
  // The newest's own pin frees nothing, any other one makes room for one.
  f.slot->Unpin(pins[62]);
  CHECK(!f.Publish(64));
  f.slot->Unpin(pins[20]);
  CHECK(f.Publish(64));
  CHECK_EQ(f.OfTables() - before, 62 * pieces);
  CHECK(f.Publish(65));
  for (uint32_t i = 0; i < 62; i++) {
    if (i == 20) continue;
    CHECK_EQ(pins[i].table->generation(), i + 1);
    CHECK(IsWhole(*pins[i].table));
    f.slot->Unpin(pins[i]);
  }
  CHECK_EQ(f.OfTables() - before, pieces);
  f.slot->Release();
}

TEST("a slot lives as long as somebody holds it, and its newest table with it") {
  Fixture f;
  CHECK(f.Publish(1));
  f.slot->Retain();
  f.slot->Retain();
  f.slot->Release();
  const TableSlot::Pin pin = f.slot->Acquire();
  CHECK(IsWhole(*pin.table));
  f.slot->Unpin(pin);
  f.slot->Release();
  CHECK_EQ(f.OfTables(), Pieces());
  f.slot->Release();
  CHECK_EQ(LiveBlocks(), f.with_images);
}

TEST("a slot is not made without memory") {
  const OutOfMemory limit(0);
  CHECK(TableSlot::Make() == nullptr);
}

TEST("random pins and tables of one thread agree with a list of what is pinned") {
  const uint64_t seed = EnvironmentOr("CATZ_SEED", 5);
  Random random(seed);
  Fixture f;
  const int64_t pieces = Pieces();
  std::vector<std::pair<TableSlot::Pin, uint32_t>> pins;
  pins.reserve(300);
  const int64_t before = f.OfTables();
  uint32_t generation = 0, newest = 0;
  for (int i = 0; i < 20000; i++) {
    const uint64_t what = random.Below(10);
    const auto is_live = [&](uint32_t one) {
      return one == newest || std::any_of(pins.begin(), pins.end(),
                                          [&](const auto& pin) { return pin.second == one; });
    };
    if (what < 3) {
      int64_t live = 0;
      for (uint32_t one = 1; one <= generation; one++) live += is_live(one);
      CHECK_EQ(f.OfTables() - before, live * pieces);
      const bool is_published = f.Publish(++generation);
      CHECK_EQ(is_published, live < 63);
      if (is_published) newest = generation;
      if (generation == 400) break;
    } else if (what < 7 && pins.size() < 300) {
      const TableSlot::Pin pin = f.slot->Acquire();
      CHECK_EQ(pin.table == nullptr ? 0 : pin.table->generation(), newest);
      pins.emplace_back(pin, newest);
    } else if (!pins.empty()) {
      const size_t at = random.Below(pins.size());
      const auto [pin, expected] = pins[at];
      if (expected != 0) CHECK(pin.table->generation() == expected && IsWhole(*pin.table));
      f.slot->Unpin(pin);
      pins[at] = pins.back();
      pins.pop_back();
    }
  }
  for (const auto& [pin, _] : pins) f.slot->Unpin(pin);
  CHECK_EQ(f.OfTables() - before, pieces);
  f.slot->Release();
}

}  // namespace
}  // namespace catzilla_test
