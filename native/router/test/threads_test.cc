// Many threads on one slot. CATZ_ROUNDS makes it longer.
#include <barrier>
#include <thread>

#include "../slot.h"
#include "memory.h"
#include "tables.h"

namespace catzilla_test {
namespace {

using catz::router::TableSlot;

constexpr int kReaders = 4;
constexpr size_t kHeldByOne = 6;

struct Reading {
  uint64_t tables = 0;
  uint64_t changes = 0;
  const char* fault = nullptr;
};

// Pins, looks, and gives back, some pins later than others, until it has seen the last generation.
void Read(TableSlot* slot, uint64_t seed, bool is_in_order, const std::atomic<bool>* is_over,
          Reading* out) {
  Random random(seed);
  std::vector<TableSlot::Pin> held;
  uint32_t newest = 0;
  const auto check = [&](const TableSlot::Pin& pin) {
    if (!IsWhole(*pin.table)) out->fault = "a table says what another one does";
  };
  while (out->fault == nullptr) {
    // Read before the pin: what is pinned after the last table was published is the last table.
    const bool is_last = is_over->load(std::memory_order_acquire);
    const TableSlot::Pin pin = slot->Acquire();
    if (pin.table == nullptr) {
      slot->Unpin(pin);
      continue;
    }
    check(pin);
    const uint32_t generation = pin.table->generation();
    if (is_in_order && generation < newest) out->fault = "an older table after a newer one";
    if (generation != newest) out->changes++;
    newest = generation;
    out->tables++;
    if (random.Below(4) != 0) {
      slot->Unpin(pin);
    } else {
      held.push_back(pin);
    }
    if (held.size() == kHeldByOne || random.Below(16) == 0) {
      while (!held.empty()) {
        const size_t at = random.Below(held.size());
        check(held[at]);
        slot->Unpin(held[at]);
        held[at] = held.back();
        held.pop_back();
      }
    }
    if (is_last) break;
  }
  for (const TableSlot::Pin& pin : held) slot->Unpin(pin);
}

// Each writer makes `ahead` tables and publishes them in a row.
void RunThreads(uint32_t writers, uint32_t ahead) {
  const uint64_t seed = EnvironmentOr("CATZ_SEED", 1);
  const uint32_t tables = static_cast<uint32_t>(EnvironmentOr("CATZ_ROUNDS", 10000));
  const Shifted shifted;
  const int64_t before = LiveBlocks();
  uint64_t changes = 0;
  {
    TableSlot* const slot = TableSlot::Make();
    std::atomic<bool> is_over = false;
    Reading readings[kReaders];
    std::vector<std::thread> readers, publishers;
    for (int i = 0; i < kReaders; i++) {
      slot->Retain();
      readers.emplace_back([&, i] {
        Read(slot, seed + static_cast<uint64_t>(i) * 2, writers == 1, &is_over, &readings[i]);
        slot->Release();
      });
    }
    std::barrier<> meeting(writers);
    for (uint32_t i = 0; i < writers; i++) {
      publishers.emplace_back([&, i] {
        for (uint32_t first = 1; first <= tables; first += ahead * writers) {
          std::vector<std::unique_ptr<Table>> made(ahead);
          for (uint32_t j = 0; j < ahead; j++) made[j] = shifted.Make(first + j * writers + i);
          meeting.arrive_and_wait();
          // Readers hold fewer than there are cells.
          for (std::unique_ptr<Table>& table : made) {
            if (!slot->Publish(std::move(table))) std::abort();
          }
          // Else one core runs the writers alone.
          std::this_thread::yield();
        }
      });
    }
    for (std::thread& publisher : publishers) publisher.join();
    is_over.store(true, std::memory_order_release);
    for (std::thread& reader : readers) reader.join();
    for (const Reading& reading : readings) {
      if (reading.fault != nullptr) Fail(__FILE__, __LINE__, reading.fault);
      CHECK(reading.tables > 0);
      changes += reading.changes;
    }
    const TableSlot::Pin pin = slot->Acquire();
    if (writers == 1) CHECK(pin.table->generation() >= tables);
    slot->Unpin(pin);
    slot->Release();
  }
  CHECK_EQ(LiveBlocks(), before);
  // Else nothing was replaced while it was read.
  CHECK(changes > (writers == 1 ? tables / 100 : 0));
  std::printf("  %u tables, %llu changes seen by %d readers\n", tables,
              static_cast<unsigned long long>(changes), kReaders);
}

TEST("readers of a slot see whole tables in their order, and every table is freed") {
  RunThreads(1, 8);
}

// Many ahead, so that the two meet.
TEST("two who publish at once lose no table, and readers see whole ones") { RunThreads(2, 256); }

TEST("a slot that many hold and let go at once is freed once") {
  const Shifted shifted;
  const int64_t before = LiveBlocks();
  for (int round = 0; round < 200; round++) {
    TableSlot* const slot = TableSlot::Make();
    slot->Publish(shifted.Make(1));
    std::vector<std::thread> threads;
    for (int i = 0; i < kReaders; i++) {
      slot->Retain();
      threads.emplace_back([slot] {
        slot->Unpin(slot->Acquire());
        slot->Release();
      });
    }
    slot->Release();
    for (std::thread& thread : threads) thread.join();
  }
  CHECK_EQ(LiveBlocks(), before);
}

}  // namespace
}  // namespace catzilla_test
