// A slot: the newest table of an application. One publishes, any number read.
//
// A reader pins the table it works with, without a lock; a table that was replaced is freed by
// whoever gives back its last pin. The count of pins is split in two (A. Williams, C++ Concurrency
// in Action, 2nd ed., 7.2.4): those of the newest table are counted in the word that also names its
// cell, so that reading the name and counting is one step; when a table is replaced, its pins move
// to its cell. Invariant: a cell is free (no table, count 0), the newest, or replaced with pins
// outstanding. A cell's number means one table from Publish until its last pin is back, so it
// cannot be taken for another.
//
// Ownership: a slot owns its tables; it is reference counted itself, by retain and release.
// Threads: all of it may be called from any thread. Publish takes a lock against other publishers.
#ifndef CATZILLA_ROUTER_SLOT_H_
#define CATZILLA_ROUTER_SLOT_H_

#include <atomic>
#include <mutex>

#include "table.h"

namespace catz::router {

class TableSlot {
 public:
  // One more than the tables that may be pinned at once, the newest included: cell 0 stays empty.
  static constexpr uint32_t kCells = 64;

  // A table and the cell it stands in; `table` is nullptr when none is published.
  struct Pin {
    uint32_t cell;
    const Table* table;
  };

  // With one reference, the caller's; nullptr when there is no memory.
  static TableSlot* Make() { return new (std::nothrow) TableSlot(); }

  // Relaxed: whoever retains has a reference already.
  void Retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  // Acquire-release: what others did with the slot happens before it is deleted.
  void Release() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  // False when kCells - 1 tables are pinned: nothing changed, and the table is deleted.
  bool Publish(std::unique_ptr<Table> table) {
    const std::lock_guard<std::mutex> lock(publish_mutex_);
    // Cell 0 stays empty: it is the newest before the first Publish.
    uint32_t cell = 1;
    // Acquire: pairs with the release in Free, so that the cell's count is seen to be 0.
    while (cell < kCells && cells_[cell].table.load(std::memory_order_acquire) != nullptr) cell++;
    if (cell == kCells) return false;
    table->cell_ = cell;
    cells_[cell].table.store(table.release(), std::memory_order_relaxed);
    // Release: the table is whole for whoever reads its cell's number. Acquire: pins of the old
    // one.
    const uint64_t old = newest_.exchange(uint64_t{cell} << 32, std::memory_order_acq_rel);
    Settle(static_cast<uint32_t>(old >> 32), static_cast<int64_t>(old & 0xFFFFFFFF));
    return true;
  }

  // The newest table, pinned. Each needs one Unpin, also when there is no table.
  Pin Acquire() noexcept {
    // Acquire: pairs with the exchange in Publish.
    const uint64_t word = newest_.fetch_add(1, std::memory_order_acquire);
    const uint32_t cell = static_cast<uint32_t>(word >> 32);
    return {cell, cells_[cell].table.load(std::memory_order_relaxed)};
  }

  void Unpin(Pin pin) noexcept {
    uint64_t word = newest_.load(std::memory_order_relaxed);
    while (static_cast<uint32_t>(word >> 32) == pin.cell) {
      // Release: the reads of the table happen before it is freed by another.
      if (newest_.compare_exchange_weak(word, word - 1, std::memory_order_release,
                                        std::memory_order_relaxed)) {
        return;
      }
    }
    Settle(pin.cell, -1);
  }

 private:
  struct Cell {
    std::atomic<Table*> table{nullptr};
    // Of a replaced table: pins that are not back. Below 0 while Publish has not moved them here
    // yet.
    std::atomic<int64_t> pins{0};
  };

  TableSlot() = default;
  // REQUIRES: no pin is outstanding.
  ~TableSlot() {
    for (Cell& cell : cells_) delete cell.table.load(std::memory_order_relaxed);
  }

  // Counts pins of a replaced table; the step that reaches 0 with all of them moved frees it.
  // Before they are moved the count is 0 or less, and only the move can end at 0 then.
  void Settle(uint32_t cell, int64_t pins) noexcept {
    // Acquire-release: every reader's last look happens before the table is freed.
    const int64_t before = cells_[cell].pins.fetch_add(pins, std::memory_order_acq_rel);
    if (before + pins == 0) Free(cell);
  }

  void Free(uint32_t cell) noexcept {
    delete cells_[cell].table.load(std::memory_order_relaxed);
    // Release: pairs with the load in Publish, which reuses the cell.
    cells_[cell].table.store(nullptr, std::memory_order_release);
  }

  std::mutex publish_mutex_;
  std::atomic<uint64_t> references_{1};
  // Every reader writes to it: kept a cache line apart. Padded, not aligned: the aligned `new`
  // needs a newer C++ ABI than Node does.
  [[maybe_unused]] char before_[64];
  // The newest table's cell in the upper half, its pins in the lower one.
  std::atomic<uint64_t> newest_{0};
  [[maybe_unused]] char behind_[64];
  Cell cells_[kCells];
};

}  // namespace catz::router

#endif  // CATZILLA_ROUTER_SLOT_H_
